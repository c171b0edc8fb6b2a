import { aeskwp } from '@noble/ciphers/aes.js'
import { fromHex } from './hex.ts'
import { nodeCrypto } from './node-crypto.ts'
import { ReinraumError } from './reinraum-error.ts'

/** AES-256-KWP by the name of its JOSE sibling. */
export const keyWrapSuite = 'A256KWP'
const kekLength = 32
/** Keys are short; whatever is longer is not a key. */
const maxKeyLength = 16_384

// OpenSSL's name for AES-256-KWP, and RFC 5649 §3: the constant half of the alternative initial value.
const cipherName = 'id-aes256-wrap-pad'
const alternativeIv = fromHex('a65959a6')

/**
 * Wraps a key under a 256-bit key-encryption key: AES-256-KWP (RFC 5649). Deterministic, no nonce to lose. On Node, OpenSSL
 * does it: no copy of the key stays behind in the memory of the engine.
 */
export function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  requireKek(kek)
  if (key.length === 0 || key.length > maxKeyLength) {
    throw new ReinraumError('invalid-argument', `a key has 1 to ${maxKeyLength} bytes`)
  }
  if (nodeCrypto === undefined) return aeskwp(kek).encrypt(key)
  const cipher = nodeCrypto.createCipheriv(cipherName, kek, alternativeIv)
  return plain(cipher.update(key), cipher.final())
}

/** Unwraps what `wrapKey` wrapped. Throws `decryption-failed` when anything about it is wrong. */
export function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  requireKek(kek)
  // RFC 5649 §4.2: whole blocks of 64 bits, and at least two.
  if (wrapped.length > maxKeyLength + 8 || wrapped.length < 16 || wrapped.length % 8 !== 0) {
    throw new ReinraumError('decryption-failed', 'the wrapped key does not open')
  }
  try {
    if (nodeCrypto === undefined) return aeskwp(kek).decrypt(wrapped)
    const cipher = nodeCrypto.createDecipheriv(cipherName, kek, alternativeIv)
    return plain(cipher.update(wrapped), cipher.final())
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the wrapped key does not open', { cause })
  }
}

/** The bytes where they lie: a copy could not be overwritten by whoever gets the result. */
function plain(bytes: Buffer, rest: Buffer): Uint8Array {
  if (rest.length > 0) throw new ReinraumError('internal', 'a wrapped key came in two parts')
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function requireKek(kek: Uint8Array): void {
  if (kek.length !== kekLength) throw new ReinraumError('invalid-argument', 'a key-encryption key has 32 bytes')
}
