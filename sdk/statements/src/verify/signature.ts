import { concatBytes, sha256, toHex, utf8 } from '@reinraum/crypto'
import { flattenedVerify, importJWK } from 'jose'
import type { OpenedSignature } from '../jws.ts'
import type { SigningKeys } from '../parts/public-keys.ts'

export type VerificationKey = SigningKeys['ed25519'] | SigningKeys['mldsa65']

const capacity = 4096
/**
 * Signatures that were found good, oldest first. An entry is the SHA-256 of everything the answer depends on: algorithm,
 * key, header, payload and signature. Only good ones are kept, so an entry can never turn a bad signature into a good one.
 */
const known = new Set<string>()

/** Whether the signature over the payload was made with the key. The algorithm follows from the key, not from the header. */
export async function isSignatureValid(payload: string, signature: OpenedSignature, key: VerificationKey): Promise<boolean> {
  const algorithm = key.kty === 'OKP' ? 'Ed25519' : 'ML-DSA-65'
  if (signature.algorithm !== algorithm) return false
  const entry = entryOf(payload, signature, key, algorithm)
  if (known.delete(entry)) {
    known.add(entry)
    return true
  }
  try {
    const jws = { payload, protected: signature.protected, signature: signature.signature }
    await flattenedVerify(jws, await importJWK(key, algorithm), { algorithms: [algorithm] })
  } catch {
    return false
  }
  known.add(entry)
  for (const oldest of known) {
    if (known.size <= capacity) break
    known.delete(oldest)
  }
  return true
}

function entryOf(payload: string, signature: OpenedSignature, key: VerificationKey, algorithm: string): string {
  const material = key.kty === 'OKP' ? key.x : key.pub
  // None of the parts can hold a dot: they are base64url, or a constant.
  const parts = [algorithm, material, signature.protected, signature.signature, payload]
  return toHex(sha256(concatBytes(utf8(parts.join('.')))))
}
