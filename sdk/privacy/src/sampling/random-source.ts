import { randomFillSync } from 'node:crypto'

/** A source of randomness: each call gives 32 fresh, uniform, independent bits, as an integer from 0 to 2³² - 1. */
export type RandomSource = () => number

/** 4 KiB: a thousandth of a call of the generator for each word, and little that waits in memory. */
const wordsAtOnce = 1024

/**
 * The randomness that noise is drawn from: OpenSSL's generator, which the operating system's seeds. Draws are synchronous, and a
 * generator that fails throws, so that nothing is released without noise.
 */
export const operatingSystemRandomness: RandomSource = randomPool(randomFillSync)

/**
 * Words from a buffer that `fill` fills with uniform bits when it is used up. A word leaves no copy behind: noise that was drawn
 * cannot be read back from memory and subtracted.
 */
export function randomPool(fill: (words: Uint32Array<ArrayBuffer>) => unknown): RandomSource {
  const pool = new Uint32Array(wordsAtOnce)
  let next = pool.length
  return () => {
    if (next === pool.length) {
      fill(pool)
      next = 0
    }
    const word = pool[next] as number
    pool[next] = 0
    next += 1
    return word
  }
}
