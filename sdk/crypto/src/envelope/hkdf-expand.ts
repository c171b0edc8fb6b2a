import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, zeroise } from '../bytes.ts'
import { ReinraumError } from '../reinraum-error.ts'

/**
 * HKDF-Expand with SHA-512 (RFC 5869 §2.3). Our own few lines, because the envelope expands a 256-bit key and the
 * library insists on a pseudorandom key as long as the hash.
 */
export function hkdfExpandSha512(pseudorandomKey: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks = Math.ceil(length / sha512.outputLen)
  if (blocks > 255) throw new ReinraumError('invalid-argument', 'HKDF gives at most 255 blocks')
  const output = new Uint8Array(blocks * sha512.outputLen)
  let previous = new Uint8Array(0)
  for (let counter = 1; counter <= blocks; counter += 1) {
    const block = hmac(sha512, pseudorandomKey, concatBytes(previous, info, Uint8Array.of(counter)))
    output.set(block, (counter - 1) * sha512.outputLen)
    zeroise(previous)
    previous = block
  }
  const derived = output.slice(0, length)
  zeroise(previous, output)
  return derived
}
