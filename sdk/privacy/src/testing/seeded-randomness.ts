import { createCipheriv, createHash } from 'node:crypto'
import { type RandomSource, randomPool } from '../sampling/random-source.ts'

/** The same words for the same seed, from AES-256 in counter mode. For tests: whoever knows the seed knows every draw. */
export function seededRandomness(seed: string): RandomSource {
  const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), new Uint8Array(16))
  return randomPool((words) => {
    const zeros = new Uint8Array(words.byteLength)
    const bytes = cipher.update(zeros)
    // Read byte by byte in one order, so that a seed means the same on every machine.
    words.forEach((_, at) => {
      words[at] = bytes.readUInt32LE(at * 4)
    })
  })
}
