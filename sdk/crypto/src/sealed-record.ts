import { gcmsiv } from '@noble/ciphers/aes.js'
import { concatBytes, randomBytes } from './bytes.ts'
import { ReinraumError } from './reinraum-error.ts'

const keyLength = 32
const nonceLength = 12

/**
 * Seals a small record at rest under a long-lived key: AES-256-GCM-SIV (RFC 8452), random nonce in front. A nonce that
 * repeats shows only that two records are equal, which is why long-lived keys use it and streams do not.
 */
export function sealRecord(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  requireKey(key)
  const nonce = randomBytes(nonceLength)
  return concatBytes(nonce, gcmsiv(key, nonce, aad).encrypt(plaintext))
}

/** Opens what `sealRecord` sealed. Throws `decryption-failed` when anything about it is wrong. */
export function openRecord(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  requireKey(key)
  try {
    return gcmsiv(key, sealed.subarray(0, nonceLength), aad).decrypt(sealed.subarray(nonceLength))
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the sealed record does not open', { cause })
  }
}

function requireKey(key: Uint8Array): void {
  if (key.length !== keyLength) throw new ReinraumError('invalid-argument', 'a record key has 32 bytes')
}
