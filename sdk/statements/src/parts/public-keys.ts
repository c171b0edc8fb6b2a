import { z } from 'zod'

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)

/** RFC 8037. */
export const ed25519JwkSchema = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: base64url.length(43),
})
export type Ed25519Jwk = z.infer<typeof ed25519JwkSchema>

/** draft-ietf-cose-dilithium: AKP key, 1952 bytes. */
export const mldsa65JwkSchema = z.strictObject({
  kty: z.literal('AKP'),
  alg: z.literal('ML-DSA-65'),
  pub: base64url.length(2603),
})

/** Both signing keys of a party; every statement carries a signature of each. */
export const signingKeysSchema = z.strictObject({ ed25519: ed25519JwkSchema, mldsa65: mldsa65JwkSchema })
export type SigningKeys = z.infer<typeof signingKeysSchema>

/** X-Wing (ML-KEM-768 + X25519), 1216 bytes. */
export const hpkeKeySchema = z.strictObject({
  suite: z.literal('X-Wing/HKDF-SHA256/AES-256-GCM'),
  publicKey: base64url.length(1622),
})
export type HpkeKey = z.infer<typeof hpkeKeySchema>

export const publicKeysSchema = z.strictObject({ signing: signingKeysSchema, hpke: hpkeKeySchema })
export type PublicKeys = z.infer<typeof publicKeysSchema>
