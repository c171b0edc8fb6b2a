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
const reshareInfo = utf8('reinraum/reshare/v1')

/**
 * Contributes this party's share to the unsealing of a key service: verified first, opened here, and sealed to the service as
 * it runs now.
 * @throws ReinraumError what `verifySealStatus` throws; `conflict` when it is open or takes no shares; `not-found` when this
 *   party holds none; `share-invalid`
 */
export async function unsealWithShare(session: Session, id: string, trust: SealTrust): Promise<VerifiedSealStatus> {
  const status = await verifySealStatus(session, id, trust)
  requireSealed(status, 'shares', 'takes no shares')
  return contribute(session, status, await ownShare(session, id))
}

/** This party's share, opened. The caller overwrites it. @throws ReinraumError `not-found`, `share-invalid` */
async function ownShare(session: Session, id: string): Promise<Uint8Array> {
  const { sealedShare } = await session.ofKeyService(SealService, id).getUnsealShare({})
  const sealed = sealedObjectSchema.safeParse(parseStrictJson(sealedShare))
  if (!sealed.success) throw new ReinraumError('share-invalid', `key service ${id} answered with no share`)
  const { publicKey, privateKey } = hpkeKeysOf(session.identity)
  try {
    return await hpkeOpen(privateKey, publicKey, sealed.data, { info: shareInfo, aad: utf8(id) })
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
  /** holders of the present root key who have still to consent; with 0 it is done */
  readonly awaited: number
}

/**
 * Has a key service take its whole store over to the root key of its configuration: new shares for the holders named there, or
 * another kind of root key. For administrators, unless people hold the present root key.
 * @throws ReinraumError `sealed`, `conflict` when the configuration names no other root key, `permission-denied`
 */
export async function reshareKeyService(session: Session, id: string): Promise<Resharing> {
  return resharing(await session.ofKeyService(SealService, id).reshare({}))
}

/**
 * Consents, as a holder of the present root key, to going over to the configured one: with this party's share, which counts
 * for exactly `status.control`, the root key and the people that were verified.
 * @throws ReinraumError `sealed`, `conflict`, `not-found` when this party holds no share, `decryption-failed` when the service
 *   has another configuration by now, `share-invalid`
 */
export async function consentToReshare(session: Session, status: VerifiedSealStatus): Promise<Resharing> {
  const { id, control } = status
  if (control.rootKey.kind !== 'shares') throw new ReinraumError('conflict', `key service ${id} has no holders of shares`)
  const share = await ownShare(session, id)
  try {
    const binding = { info: reshareInfo, aad: canonicalBytes({ keyService: id, control }) }
    const sealed = canonicalBytes(await hpkeSeal(fromBase64url(status.unsealKey.publicKey), share, binding))
    return resharing(await session.ofKeyService(SealService, id).reshare({ sealedContribution: sealed }))
  } finally {
    zeroise(share)
  }
}

function resharing({ rootKey, need, holders, awaited }: Resharing): Resharing {
  return { rootKey, need, holders, awaited }
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
    const restoresFrom = answer.sealed ? status.restoresFrom : null
    return { ...status, restoresFrom, sealed: answer.sealed, have: answer.have, need: answer.need }
  } finally {
    zeroise(secret)
  }
}
