import { concatBytes, copySecret, utf8, zeroise } from '../bytes.ts'
import { ReinraumError } from '../reinraum-error.ts'
import { commitmentLength, type EnvelopeOptions, keyLength, maxChunks, nonceLength, saltLength } from './format.ts'
import { hkdfExpandSha512 } from './hkdf-expand.ts'

const label = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0')
/** Ids and digests are short; a context of this size is a mistake. */
const maxContextLength = 64 * 1024

/** Keys of one message. */
export interface MessageKeys {
  readonly key: Uint8Array
  readonly baseNonce: Uint8Array
  readonly commitment: Uint8Array
}

/**
 * Copies and checks what the caller gave, at the moment of the call: a stream derives its keys later, when the caller
 * may have zeroised its own. Throws `invalid-argument`.
 */
export function takeOptions(options: EnvelopeOptions): EnvelopeOptions {
  if (options.key.length !== keyLength) throw new ReinraumError('invalid-argument', `a data key has ${keyLength} bytes`)
  if (options.context.length > maxContextLength) throw new ReinraumError('invalid-argument', 'the context is too long')
  return { key: copySecret(options.key), context: new Uint8Array(options.context) }
}

/** §Key derivation: HKDF-Expand (SHA-512) from the data key, which is uniformly random already. */
export function deriveMessageKeys(options: EnvelopeOptions, salt: Uint8Array): MessageKeys {
  if (salt.length !== saltLength) throw new ReinraumError('invalid-argument', `a salt has ${saltLength} bytes`)
  const info = concatBytes(label, salt, options.context)
  const derived = hkdfExpandSha512(options.key, info, keyLength + nonceLength + commitmentLength)
  const keys = {
    key: copySecret(derived.subarray(0, keyLength)),
    baseNonce: copySecret(derived.subarray(keyLength, keyLength + nonceLength)),
    commitment: derived.slice(keyLength + nonceLength),
  }
  zeroise(derived)
  return keys
}

/**
 * §AEAD usage: the nonce of a chunk is the base nonce XOR its index as a 96-bit big-endian integer. The array returned
 * is the same each time. Throws `invalid-argument` from index 2^38 on, where the nonces of a message end.
 */
export function chunkNonces(baseNonce: Uint8Array): (index: number) => Uint8Array {
  const base = new Uint8Array(baseNonce)
  const nonce = new Uint8Array(nonceLength)
  return (index) => {
    if (index >= maxChunks) throw new ReinraumError('invalid-argument', 'the message has too many chunks')
    nonce.set(base)
    let rest = index
    for (let at = nonceLength - 1; rest > 0; at -= 1) {
      nonce[at] = (nonce[at] ?? 0) ^ (rest % 256)
      rest = Math.floor(rest / 256)
    }
    return nonce
  }
}
