import {
  type AttestationResult,
  appraise,
  type Endorsements,
  type Evidence,
  type FreshnessNumbers,
  type ReferenceValuesInput,
} from '@reinraum/attestation'
import type { Session } from './session.ts'

/**
 * Keeps the newest numbers of the vendors' lists that a party has seen. With one, an older list is refused even while it is in
 * force, so that a revoked chip or an old patch level does not come back by a replay.
 */
export interface FloorsKeeper {
  read(): Promise<FreshnessNumbers>
  /** Takes note of what acceptable evidence carried. Never lowers anything. */
  raise(observed: FreshnessNumbers): Promise<void>
}

/**
 * Appraises against the floors that the session keeps, and raises them by what was acceptable.
 * @throws what the keeper throws: a party that keeps floors does not go on without them
 */
export async function appraiseAboveFloors(
  session: Pick<Session, 'now' | 'floors'>,
  shown: { readonly evidence: Evidence; readonly endorsements: Endorsements },
  referenceValues: ReferenceValuesInput,
  reportData: Uint8Array,
): Promise<AttestationResult> {
  const floors = await session.floors?.read()
  const expected = { reportData, ...(floors === undefined ? {} : { floors }) }
  const result = await appraise(shown.evidence, shown.endorsements, referenceValues, expected, session.now())
  await session.floors?.raise(result.observed)
  return result
}
