import { createCipheriv, createHash } from 'node:crypto'
import type { RandomSource } from '@reinraum/privacy'

/** The same words for the same seed, from AES-256 in counter mode. Whoever knows the seed knows every draw. */
export function seededRandomness(seed: string): RandomSource {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), new Uint8Array(16))
  let bytes = Buffer.alloc(0)
  let at = 0
  return () => {
    if (at === bytes.length) {
      bytes = cipher.update(new Uint8Array(4096))
      at = 0
    }
    at += 4
    return bytes.readUInt32LE(at - 4)
  }
}
