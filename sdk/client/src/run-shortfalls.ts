import { ReinraumError } from '@reinraum/crypto'
import { type Charge, decimalOf, deltaPlaces, epsilonPlaces } from '@reinraum/privacy'
import { type Privacy, type Shortfall, type VerifiedContract, verifyBudgetDenial } from '@reinraum/statements'
import { getContract, memberOf } from './contracts.ts'
import type { RunView } from './runs.ts'
import type { Session } from './session.ts'

/** A ledger that had too little left for a run. */
export interface RunShortfall extends Pick<Shortfall, 'slot' | 'dataset' | 'period' | 'accounting'> {
  readonly keyService: string
  /** in the units of the accounting, when the run was refused */
  readonly left: Charge
  /** the most that a query could have said instead; null if none fits any more */
  readonly fits: Privacy | null
}

/**
 * What was left of each budget that a run failed for, as the key services signed it; empty for any other run. Governance passed
 * it on and is not believed: each denial is verified as one of this very run, under a contract that this party has accepted.
 * @param known the contract, where the caller has it; otherwise it is fetched
 * @throws ReinraumError `invalid-statement`, `contract-mismatch`, `signature-invalid`, `signature-missing`, `unknown-member`
 */
export async function runShortfalls(
  session: Session,
  { runId, contractId, denials }: RunView,
  known?: VerifiedContract,
): Promise<readonly RunShortfall[]> {
  if (denials.length === 0) return []
  const contract = known ?? (await getContract(session, contractId))
  memberOf(session, contract)
  const shortfalls: RunShortfall[] = []
  const told = new Set<string>()
  for (const denial of denials) {
    const { release, shortfalls: here } = await verifyBudgetDenial(denial, contract, runId)
    const { keyService } = release.document
    if (told.has(keyService)) throw new ReinraumError('invalid-statement', `${keyService} denied the run twice`)
    told.add(keyService)
    shortfalls.push(...here.map((shortfall) => ({ ...shortfall, keyService, fits: decimalsOf(shortfall.fits) })))
  }
  return shortfalls
}

function decimalsOf(fits: Shortfall['fits']): Privacy | null {
  if (fits === null) return null
  return { epsilon: Number(decimalOf(fits.epsilon, epsilonPlaces)), delta: Number(decimalOf(fits.delta, deltaPlaces)) }
}
