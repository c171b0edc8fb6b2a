import {
  defaultHpkeSuite,
  fromBase64url,
  generateHpkeKeyPair,
  type HpkeSuite,
  ReinraumError,
  toBase64url,
} from '@reinraum/crypto'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose'
import { z } from 'zod'
import { deepFreeze } from './deep-freeze.ts'
import { ed25519JwkSchema, hpkeKeySchema, mldsa65JwkSchema, type PublicKeys, type SigningKeys } from './parts/public-keys.ts'
import { type PrivateSigningKeys, type Signer, signWith } from './signer.ts'

const seed = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes in base64url')

/** The private keys of one party, as its identity file holds them. */
export const identitySchema = z.strictObject({
  kind: z.literal('reinraum/identity/v1'),
  signing: z.strictObject({
    ed25519: ed25519JwkSchema.extend({ d: seed }),
    /** `priv` is the seed (draft-ietf-cose-dilithium) */
    mldsa65: mldsa65JwkSchema.extend({ priv: seed }),
  }),
  /** `privateKey` is the seed, in every suite */
  hpke: z.intersection(hpkeKeySchema, z.object({ privateKey: seed })),
})
export type Identity = z.infer<typeof identitySchema>

/** Makes a party's keys: Ed25519 and ML-DSA-65 to sign, and one of the HPKE suites to receive, X-Wing unless told. */
export async function createIdentity(suite: HpkeSuite = defaultHpkeSuite): Promise<Identity> {
  const [ed25519, mldsa65, hpke] = await Promise.all([
    generateKeyPair('Ed25519', { extractable: true }).then((pair) => exportJWK(pair.privateKey)),
    generateKeyPair('ML-DSA-65', { extractable: true }).then((pair) => exportJWK(pair.privateKey)),
    generateHpkeKeyPair(suite),
  ])
  return identitySchema.parse({
    kind: 'reinraum/identity/v1',
    signing: {
      ed25519: { kty: ed25519.kty, crv: ed25519.crv, x: ed25519.x, d: ed25519.d },
      mldsa65: { kty: mldsa65.kty, alg: mldsa65.alg, pub: mldsa65.pub, priv: mldsa65.priv },
    },
    hpke: { suite, publicKey: toBase64url(hpke.publicKey), privateKey: toBase64url(hpke.privateKey) },
  })
}

/** Reads an identity. Throws `invalid-identity`, and says nothing of what it read. */
export function parseIdentity(value: unknown): Identity {
  const parsed = identitySchema.safeParse(value)
  if (!parsed.success) throw new ReinraumError('invalid-identity', 'this is not an identity of reinraum')
  return parsed.data
}

/** The public half, in the form in which a contract names a party. */
export function publicKeysOf(identity: Identity): PublicKeys {
  const { ed25519, mldsa65 } = identity.signing
  return {
    signing: {
      ed25519: { kty: ed25519.kty, crv: ed25519.crv, x: ed25519.x },
      mldsa65: { kty: mldsa65.kty, alg: mldsa65.alg, pub: mldsa65.pub },
    },
    hpke: { suite: identity.hpke.suite, publicKey: identity.hpke.publicKey },
  }
}

/** Both HPKE keys of an identity in the raw form that `hpkeOpen` takes. */
export function hpkeKeysOf(identity: Identity): { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array } {
  return { publicKey: fromBase64url(identity.hpke.publicKey), privateKey: fromBase64url(identity.hpke.privateKey) }
}

/** Signs as the identity's party. A key that cannot be read is refused with `invalid-identity` at the first signature. */
export function signerOf(identity: Identity): Signer {
  const keys: SigningKeys = deepFreeze(publicKeysOf(identity).signing)
  let imported: Promise<PrivateSigningKeys> | undefined
  return Object.freeze({
    keys,
    sign: async (payload: Uint8Array) => {
      imported ??= importPrivateKeys(identity)
      return signWith(await imported, keys, payload)
    },
  })
}

async function importPrivateKeys(identity: Identity): Promise<PrivateSigningKeys> {
  try {
    const [ed25519, mldsa65] = await Promise.all([
      importJWK(identity.signing.ed25519, 'Ed25519'),
      importJWK(identity.signing.mldsa65, 'ML-DSA-65'),
    ])
    // importJWK gives bytes only for symmetric keys, which the schema does not let through.
    return { ed25519: ed25519 as CryptoKey, mldsa65: mldsa65 as CryptoKey }
  } catch {
    throw new ReinraumError('invalid-identity', 'the signing keys of this identity cannot be read')
  }
}
