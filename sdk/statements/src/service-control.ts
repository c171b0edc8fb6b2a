import { canonicalBytes, maximumShares, sha256, toBase64url } from '@reinraum/crypto'
import { z } from 'zod'
import type { PublicKeys } from './parts/public-keys.ts'

/** 32 bytes, base64url: a fingerprint, or an Ed25519 public key. */
const personSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/**
 * All public keys of a person in one name: SHA-256 of their canonical JSON, base64url. A share is sealed to one of them, so that
 * the name of somebody beside the key of another is another's.
 */
export function fingerprintOf({ signing, hpke }: PublicKeys): string {
  return toBase64url(sha256(canonicalBytes({ signing, hpke })))
}

/** Who holds shares of a root key, by fingerprint, and how many of them open it. */
export const keyHoldersSchema = z
  .strictObject({
    threshold: z.int().min(2).max(maximumShares),
    holders: z.array(personSchema).min(2).max(maximumShares),
  })
  .refine(({ threshold, holders }) => threshold <= new Set(holders).size, 'a threshold is at most the number of holders')
export type KeyHolders = z.infer<typeof keyHoldersSchema>

/** Where a root key comes from; of one in people's hands, who they are and how many of them open it. */
const rootKeyControlSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['file', 'pkcs11', 'tee']) }),
  z.strictObject({
    kind: z.literal('shares'),
    threshold: z.int().min(2).max(maximumShares),
    holders: z.array(personSchema).min(2).max(maximumShares),
  }),
])

/**
 * Who has power over a key service: what evidence has to say beside the code, because code that is trusted does what its
 * configuration says, and that lies on the disk of an operator who is not.
 */
export const serviceControlSchema = z.strictObject({
  /** the root key that everything is under now */
  rootKey: rootKeyControlSchema,
  /** the one to which the configuration would have it go over */
  configured: rootKeyControlSchema,
  /**
   * Whether the service's own keys were made since this start, by the code that runs. Of older ones evidence does not say that
   * nobody else has them: they may come from elsewhere, with a root key that was shared among the right people elsewhere.
   */
  ownKeys: z.enum(['made-since-this-start', 'older']),
  /** by Ed25519 public key */
  administrators: z.array(personSchema).max(16),
})
export type ServiceControl = z.infer<typeof serviceControlSchema>
export type RootKeyControl = ServiceControl['rootKey']

/** Whether a root key is in the hands of exactly these people. */
export function isHeldBy(rootKey: RootKeyControl, { threshold, holders }: KeyHolders): boolean {
  if (rootKey.kind !== 'shares' || rootKey.threshold !== threshold) return false
  return [...rootKey.holders].sort().join() === [...holders].sort().join()
}
