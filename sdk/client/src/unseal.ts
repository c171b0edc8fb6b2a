import {
  canonicalBytes,
  fromBase64url,
  hpkeOpen,
  hpkeSeal,
  parseStrictJson,
  ReinraumError,
  sealedObjectSchema,
  utf8,
  zeroise,
} from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { hpkeKeysOf } from '@reinraum/statements'
import { type SealTrust, type VerifiedSealStatus, verifySealStatus } from './seal-status.ts'
import type { Session } from './session.ts'

const shareInfo = utf8('reinraum/unseal-share/v1')
const contributionInfo = utf8('reinraum/unseal/v1')

/**
 * Contributes this party's share to the unsealing of a key service: verified first, opened here, and sealed to the service as
 * it runs now.
 * @throws ReinraumError what `verifySealStatus` throws; `conflict` when it is open or takes no shares; `not-found` when this
 *   party holds none; `share-invalid`
 */
export async function unsealWithShare(session: Session, id: string, trust: SealTrust): Promise<VerifiedSealStatus> {
  const status = await verifySealStatus(session, id, trust)
  requireSealed(status, 'shares', 'takes no shares')
  const { sealedShare } = await session.ofKeyService(SealService, id).getUnsealShare({})
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(sealedShare))
  if (!sealed.success) throw new ReinraumError('share-invalid', `key service ${id} answered with no share`)
  const { publicKey, privateKey } = hpkeKeysOf(session.identity)
  try {
    const share = await hpkeOpen(privateKey, publicKey, sealed.data, { info: shareInfo, aad: utf8(id) })
    return await contribute(session, status, share)
  } finally {
    zeroise(privateKey)
  }
}

/**
 * Contributes the PIN of the token that holds the root key. For administrators.
 * @param pin UTF-8; overwritten
 * @throws ReinraumError what `verifySealStatus` throws; `conflict` when it is open or has no token; `permission-denied`,
 *   `unauthenticated` for a wrong PIN
 */
export async function unsealWithPin(
  session: Session,
  id: string,
  trust: SealTrust,
  pin: Uint8Array,
): Promise<VerifiedSealStatus> {
  try {
    const status = await verifySealStatus(session, id, trust)
    requireSealed(status, 'pkcs11', 'has no token that needs a PIN')
    return await contribute(session, status, pin)
  } finally {
    zeroise(pin)
  }
}

/** Seals a key service at once: it overwrites its keys and answers nothing. For administrators. */
export async function sealKeyService(session: Session, id: string): Promise<void> {
  await session.ofKeyService(SealService, id).seal({})
}

/** The root key that everything is under from now on; 0 of 0 where it opens without people. */
export interface Resharing {
  readonly rootKey: string
  readonly need: number
  readonly holders: number
}

/**
 * Has a key service take its whole store over to a new root key of its configuration: new shares for the holders named there,
 * or another kind of root key. For administrators.
 * @throws ReinraumError `sealed`, `conflict` when the configuration names no other root key
 */
export async function reshareKeyService(session: Session, id: string): Promise<Resharing> {
  const { rootKey, need, holders } = await session.ofKeyService(SealService, id).reshare({})
  return { rootKey, need, holders }
}

function requireSealed({ id, sealed, rootKey }: VerifiedSealStatus, wanted: string, otherwise: string): void {
  if (!sealed) throw new ReinraumError('conflict', `key service ${id} is open`)
  if (rootKey !== wanted) throw new ReinraumError('conflict', `key service ${id} ${otherwise}`)
}

async function contribute(session: Session, status: VerifiedSealStatus, secret: Uint8Array): Promise<VerifiedSealStatus> {
  try {
    const binding = { info: contributionInfo, aad: utf8(status.id) }
    const sealed = await hpkeSeal(fromBase64url(status.unsealKey.publicKey), secret, binding)
    const answer = await session.ofKeyService(SealService, status.id).unseal({ sealedContribution: canonicalBytes(sealed) })
    return { ...status, sealed: answer.sealed, have: answer.have, need: answer.need }
  } finally {
    zeroise(secret)
  }
}
