import {
  type AttestationResult,
  isAcceptable,
  keyServiceUnsealBinding,
  type ReferenceValuesInput,
  reportDataOf,
} from '@reinraum/attestation'
import { canonicalBytes, digestId, parseStrictJson, ReinraumError, randomBytes, toBase64url } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { evidenceFromMessage } from '@reinraum/rpc'
import {
  type HpkeKey,
  hpkeKeySchema,
  isHeldBy,
  type KeyHolders,
  type ServiceControl,
  serviceControlSchema,
  type VerifiedContract,
} from '@reinraum/statements'
import { custodyOf } from './custody.ts'
import { appraiseAboveFloors } from './floors.ts'
import type { Session } from './session.ts'

/**
 * What somebody who unseals a key service goes by. Never what the service says of itself: one that was exchanged for another
 * would say that there is nothing to appraise.
 */
export type SealTrust =
  | { readonly custody: 'attested'; readonly referenceValues: ReferenceValuesInput; readonly unsealedBy?: KeyHolders | undefined }
  /**
   * It runs on one's own premises, and shows no evidence. Certificates are the room's to give, so that only the id of its unseal
   * key, which its own log has at each start, tells it from somebody in between.
   */
  | { readonly custody: 'owner'; readonly unsealKey?: string | undefined }

export interface SealStatus {
  readonly id: string
  readonly custody: 'owner' | 'attested'
  readonly sealed: boolean
  /** file, pkcs11, shares or tee, as the service says */
  readonly rootKey: string
  /** contributions that are there and that are needed; 0 of 0 where nobody has to contribute */
  readonly have: number
  readonly need: number
  /** who has power over it */
  readonly control: ServiceControl
  /** when the backup was made that the last contribution puts in place, as the service says; null where none waits */
  readonly restoresFrom: Date | null
}

export interface VerifiedSealStatus extends SealStatus {
  /** where contributions are sealed to */
  readonly unsealKey: HpkeKey
  /** null on one's own premises */
  readonly appraisal: AttestationResult | null
}

/** Whether a key service is sealed, as it says itself. Nothing is to be sent to it on that. */
export async function getSealStatus(session: Session, id: string): Promise<SealStatus> {
  return (await challenge(session, id)).status
}

/**
 * Whether a key service is sealed, with proof that contributions reach nobody but the code that is trusted: its evidence has
 * to bind the key that they are sealed to, and a nonce that is made here.
 * @throws ReinraumError `key-mismatch`, `evidence-contraindicated`, `malformed-evidence`, `unavailable`
 */
export async function verifySealStatus(session: Session, id: string, trust: SealTrust): Promise<VerifiedSealStatus> {
  const { status, nonce, unsealKey, evidence } = await challenge(session, id)
  if (status.custody !== trust.custody) throw new ReinraumError('key-mismatch', `key service ${id} runs in another custody`)
  if (trust.custody === 'owner') {
    if (trust.unsealKey !== undefined && trust.unsealKey !== unsealKeyId(unsealKey))
      throw new ReinraumError('key-mismatch', `key service ${id} answered with another unseal key than its log has`)
    return { ...status, unsealKey, appraisal: null }
  }
  const binding = keyServiceUnsealBinding({ nonce: toBase64url(nonce), keyService: id, unsealKey, control: status.control })
  const shown = evidenceFromMessage(evidence)
  const appraisal = await appraiseAboveFloors(session, shown, trust.referenceValues, reportDataOf(binding))
  if (!isAcceptable(appraisal))
    throw new ReinraumError('evidence-contraindicated', `key service ${id}: ${appraisal.reasons.join(', ')}`)
  if (trust.unsealedBy !== undefined && !isHeldBy(status.control.rootKey, trust.unsealedBy))
    throw new ReinraumError('key-mismatch', `key service ${id} is in other hands than the contract says`)
  return { ...status, unsealKey, appraisal }
}

/** Names an unseal key: SHA-256 of its canonical JSON. The service's log says the same. */
export function unsealKeyId({ suite, publicKey }: HpkeKey): string {
  return digestId(canonicalBytes({ suite, publicKey }))
}

/** What a contract says of the key service. @throws ReinraumError `not-found` */
export function sealTrustOf(contract: VerifiedContract, id: string): SealTrust {
  const named = contract.document.keyServices.find((service) => service.id === id)
  if (named === undefined) throw new ReinraumError('not-found', `the contract names no key service ${id}`)
  if (named.custody === 'owner') return { custody: 'owner' }
  return { custody: 'attested', referenceValues: named.referenceValues, unsealedBy: named.unsealedBy }
}

async function challenge(session: Session, id: string) {
  const nonce = randomBytes(32)
  const answer = await session.ofKeyService(SealService, id).getSealStatus({ nonce })
  if (answer.keyServiceId !== id) throw new ReinraumError('key-mismatch', `another key service answered for ${id}`)
  const unsealKey = hpkeKeySchema.safeParse(parseStrictJson(answer.unsealKey))
  if (!unsealKey.success) throw new ReinraumError('key-mismatch', `key service ${id} answered with a malformed key`)
  const control = serviceControlSchema.safeParse(parseStrictJson(answer.control))
  if (!control.success) throw new ReinraumError('key-mismatch', `key service ${id} does not say who controls it`)
  const { sealed, rootKey, have, need } = answer
  if (rootKey !== control.data.rootKey.kind) throw new ReinraumError('key-mismatch', `key service ${id} contradicts itself`)
  const restoresFrom = answer.restoresFrom === 0n ? null : new Date(Number(answer.restoresFrom))
  const status: SealStatus = {
    ...{ id, custody: custodyOf(answer.custody), sealed, rootKey, have, need, restoresFrom },
    control: control.data,
  }
  return { status, nonce, unsealKey: unsealKey.data, evidence: answer.evidence }
}
