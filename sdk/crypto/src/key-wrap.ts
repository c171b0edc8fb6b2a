import { aeskwp } from '@noble/ciphers/aes.js'
import { ReinraumError } from './reinraum-error.ts'

const kekLength = 32
/** Keys are short; whatever is longer is not a key. */
const maxKeyLength = 4096

/** Wraps a key under a 256-bit key-encryption key: AES-256-KWP (RFC 5649). Deterministic, no nonce to lose. */
export function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  requireKek(kek)
  if (key.length === 0 || key.length > maxKeyLength) throw new ReinraumError('invalid-argument', 'a key has 1 to 4096 bytes')
  return aeskwp(kek).encrypt(key)
}

/** Unwraps what `wrapKey` wrapped. Throws `decryption-failed` when anything about it is wrong. */
export function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  requireKek(kek)
  if (wrapped.length > maxKeyLength + 8) throw new ReinraumError('decryption-failed', 'the wrapped key does not open')
  try {
    return aeskwp(kek).decrypt(wrapped)
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the wrapped key does not open', { cause })
  }
}

function requireKek(kek: Uint8Array): void {
  if (kek.length !== kekLength) throw new ReinraumError('invalid-argument', 'a key-encryption key has 32 bytes')
}
