import { canonicalBytes, ReinraumError, toBase64url } from '@reinraum/crypto'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, FlattenedSign, generateKeyPair } from 'jose'
import { deepFreeze } from './deep-freeze.ts'
import { type Algorithm, type JwsSignature, statementType } from './jws.ts'
import { type SigningKeys, signingKeysSchema } from './parts/public-keys.ts'

/** Signs as one party: Ed25519 and ML-DSA-65, always both. */
export interface Signer {
  readonly keys: SigningKeys
  /** The two signatures of a General JWS over the payload's bytes. */
  sign(payload: Uint8Array): Promise<readonly [JwsSignature, JwsSignature]>
}

export type PrivateSigningKeys = { readonly ed25519: CryptoKey; readonly mldsa65: CryptoKey }

/**
 * A signer whose private keys exist for one run and cannot be exported. `zeroise` drops them: OpenSSL clears a private
 * key when it frees it, and whatever asks for a signature afterwards is refused with `internal`.
 */
export async function createSigner(): Promise<Signer & { zeroise(): void }> {
  const [ed25519, mldsa65] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('ML-DSA-65')])
  const keys = await exportSigningKeys(ed25519.publicKey, mldsa65.publicKey)
  let held: PrivateSigningKeys | undefined = { ed25519: ed25519.privateKey, mldsa65: mldsa65.privateKey }
  return Object.freeze({
    keys,
    sign: async (payload: Uint8Array) => {
      if (!held) throw new ReinraumError('internal', 'the signing keys of this run were dropped')
      return signWith(held, keys, payload)
    },
    zeroise: () => {
      held = undefined
    },
  })
}

/** Both signatures over the payload's bytes. */
export async function signWith(
  privateKeys: PrivateSigningKeys,
  keys: SigningKeys,
  payload: Uint8Array,
): Promise<readonly [JwsSignature, JwsSignature]> {
  return Promise.all([
    signOnce(payload, privateKeys.ed25519, 'Ed25519', await thumbprint(keys.ed25519)),
    signOnce(payload, privateKeys.mldsa65, 'ML-DSA-65', await thumbprint(keys.mldsa65)),
  ])
}

type PublicJwk = SigningKeys['ed25519'] | SigningKeys['mldsa65']

/** By key object, for those that cannot change any more. */
const thumbprints = new WeakMap<PublicJwk, Promise<string>>()

/** RFC 7638 thumbprint, SHA-256, base64url. */
export function thumbprint(jwk: PublicJwk): Promise<string> {
  const known = thumbprints.get(jwk)
  if (known !== undefined) return known
  const fresh = calculateJwkThumbprint(jwk)
  if (Object.isFrozen(jwk)) thumbprints.set(jwk, fresh)
  return fresh
}

async function exportSigningKeys(ed25519: CryptoKey, mldsa65: CryptoKey): Promise<SigningKeys> {
  const [ed, ml] = await Promise.all([exportJWK(ed25519), exportJWK(mldsa65)])
  const keys = signingKeysSchema.parse({
    ed25519: { kty: ed.kty, crv: ed.crv, x: ed.x },
    mldsa65: { kty: ml.kty, alg: ml.alg, pub: ml.pub },
  })
  return deepFreeze(keys)
}

async function signOnce(payload: Uint8Array, key: CryptoKey, alg: Algorithm, kid: string): Promise<JwsSignature> {
  const jws = await new FlattenedSign(payload).setProtectedHeader({ alg, kid, typ: statementType }).sign(key)
  // jose writes the header's members in the order given, which here is the canonical one; a header in another form would
  // be refused by every reader, so it is not left to that.
  const header = toBase64url(canonicalBytes({ alg, kid, typ: statementType }))
  if (jws.protected !== header) throw new ReinraumError('internal', 'the protected header is not in canonical form')
  return { protected: header, signature: jws.signature }
}
