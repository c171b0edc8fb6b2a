import { type AttestationResult, isAcceptable, keyServiceBinding, reportDataOf } from '@reinraum/attestation'
import { canonicalize, parseStrictJson, ReinraumError, randomBytes, toBase64url } from '@reinraum/crypto'
import { evidenceFromMessage } from '@reinraum/rpc'
import {
  isHeldBy,
  type KeyService,
  type PublicKeys,
  publicKeysSchema,
  type ServiceControl,
  serviceControlSchema,
  type VerifiedContract,
} from '@reinraum/statements'
import { custodyOf } from './custody.ts'
import { appraiseAboveFloors } from './floors.ts'
import type { Session } from './session.ts'

export interface KeyServiceIdentity {
  readonly id: string
  readonly custody: 'owner' | 'attested'
  readonly keys: PublicKeys
}

export interface KeyServiceVerification extends KeyServiceIdentity {
  /** who has power over it: bound by its evidence, or its own word under owner custody */
  readonly control: ServiceControl
  /** null under owner custody, where the keys are pinned by the contract and there is nothing to appraise */
  readonly appraisal: AttestationResult | null
}

/** What a key service says of itself, unverified: the input for a contract that is still being written. */
export async function describeKeyService(session: Session, id: string): Promise<KeyServiceIdentity> {
  return (await challenge(session, id)).identity
}

/**
 * Verifies the key service that a contract names, with a fresh nonce: it must hold the keys that the contract pins and,
 * in attested custody, its evidence must be affirming under the contract's reference values, and its root key in the hands of
 * those whom the contract names, if it names any.
 * @throws ReinraumError `not-found`, `key-mismatch`, `evidence-contraindicated`, `unavailable`
 */
export async function verifyKeyService(
  session: Session,
  contract: VerifiedContract,
  id: string,
): Promise<KeyServiceVerification> {
  const expected = contract.document.keyServices.find((service) => service.id === id)
  if (expected === undefined) throw new ReinraumError('not-found', `the contract names no key service ${id}`)
  return verifyAgainst(session, expected)
}

async function verifyAgainst(session: Session, expected: KeyService): Promise<KeyServiceVerification> {
  const { identity, control, nonce, evidence } = await challenge(session, expected.id)
  if (identity.custody !== expected.custody)
    throw new ReinraumError('key-mismatch', `key service ${expected.id} runs in another custody`)
  if (canonicalize(identity.keys) !== canonicalize(expected.keys)) {
    throw new ReinraumError('key-mismatch', `key service ${expected.id} shows other keys than the contract pins`)
  }
  if (expected.custody === 'owner') return { ...identity, control, appraisal: null }
  const shown = evidenceFromMessage(evidence)
  const reportData = reportDataOf(keyServiceBinding({ nonce: toBase64url(nonce), publicKeys: expected.keys, control }))
  const appraisal = await appraiseAboveFloors(session, shown, expected.referenceValues, reportData)
  if (!isAcceptable(appraisal)) {
    throw new ReinraumError('evidence-contraindicated', `key service ${expected.id}: ${appraisal.reasons.join(', ')}`)
  }
  if (expected.unsealedBy !== undefined && !isHeldBy(control.rootKey, expected.unsealedBy)) {
    throw new ReinraumError('key-mismatch', `key service ${expected.id} is in other hands than the contract says`)
  }
  return { ...identity, control, appraisal }
}

async function challenge(session: Session, id: string) {
  const nonce = randomBytes(32)
  const answer = await session.keyService(id).getServiceEvidence({ nonce })
  const keys = publicKeysSchema.safeParse(parseStrictJson(answer.publicKeys))
  if (!keys.success) throw new ReinraumError('key-mismatch', `key service ${id} answered with malformed keys`)
  if (answer.keyServiceId !== id) throw new ReinraumError('key-mismatch', `another key service answered for ${id}`)
  const control = serviceControlSchema.safeParse(parseStrictJson(answer.control))
  if (!control.success) throw new ReinraumError('key-mismatch', `key service ${id} does not say who controls it`)
  const identity: KeyServiceIdentity = { id, custody: custodyOf(answer.custody), keys: keys.data }
  return { identity, control: control.data, nonce, evidence: answer.evidence }
}
