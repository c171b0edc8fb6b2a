import { type HpkeSuite, hpkeSizes, hpkeSuites } from '@reinraum/crypto'
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

const hpkeKeyOf = <S extends HpkeSuite>(suite: S) =>
  z.strictObject({ suite: z.literal(suite), publicKey: base64url.length(Math.ceil((hpkeSizes[suite].publicKey * 4) / 3)) })

/** A public key to seal to, with the suite that it is of: X-Wing unless its holder chose the other. */
export const hpkeKeySchema = z.discriminatedUnion('suite', [hpkeKeyOf(hpkeSuites[0]), hpkeKeyOf(hpkeSuites[1])])
export type HpkeKey = z.infer<typeof hpkeKeySchema>

export const publicKeysSchema = z.strictObject({ signing: signingKeysSchema, hpke: hpkeKeySchema })
export type PublicKeys = z.infer<typeof publicKeysSchema>
