import { sha256, utf8 } from '@reinraum/crypto'

export interface SeededRandom {
  /** A whole number, both ends included. */
  between(least: number, most: number): number
}

/** The same numbers for the same seed: SHA-256 of it and a counter. */
export function seededRandom(seed: string): SeededRandom {
  let count = 0
  return {
    between(least, most) {
      const digest = sha256(utf8(`${seed} ${count}`))
      count += 1
      return least + (new DataView(digest.buffer, digest.byteOffset).getUint32(0) % (most - least + 1))
    },
  }
}
