import { flattenedVerify, importJWK } from 'jose'
import type { OpenedSignature } from '../jws.ts'
import type { SigningKeys } from '../parts/public-keys.ts'

export type VerificationKey = SigningKeys['ed25519'] | SigningKeys['mldsa65']

/**
 * Signatures that were found good, each with the keys under which it was. An opened signature belongs to one payload for good
 * (`openStatement` freezes it), so only a key and a payload have to be the same again. Only good ones are kept, so an entry can
 * never turn a bad signature into a good one.
 */
const holding = new WeakMap<OpenedSignature, { readonly payload: string; readonly material: string }>()

/** Keys that were imported, as long as the contract that names them is remembered. */
const imported = new WeakMap<VerificationKey, Promise<Awaited<ReturnType<typeof importJWK>>>>()

/** Whether the signature over the payload was made with the key. The algorithm follows from the key, not from the header. */
export async function isSignatureValid(payload: string, signature: OpenedSignature, key: VerificationKey): Promise<boolean> {
  const algorithm = key.kty === 'OKP' ? 'Ed25519' : 'ML-DSA-65'
  if (signature.algorithm !== algorithm) return false
  const material = key.kty === 'OKP' ? key.x : key.pub
  const held = holding.get(signature)
  if (held !== undefined && held.payload === payload && held.material === material) return true
  try {
    const jws = { payload, protected: signature.protected, signature: signature.signature }
    await flattenedVerify(jws, await importedKey(key, algorithm), { algorithms: [algorithm] })
  } catch {
    return false
  }
  // Something that can still be changed is not remembered.
  if (Object.isFrozen(signature)) holding.set(signature, { payload, material })
  return true
}

function importedKey(key: VerificationKey, algorithm: string): Promise<Awaited<ReturnType<typeof importJWK>>> {
  const found = imported.get(key)
  if (found !== undefined) return found
  const fresh = importJWK(key, algorithm)
  if (Object.isFrozen(key)) imported.set(key, fresh)
  return fresh
}
