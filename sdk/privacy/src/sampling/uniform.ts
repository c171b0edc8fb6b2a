import type { RandomSource } from './random-source.ts'

const largestSafe = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * A uniform integer from 0 to `n` - 1, by rejection: as many random bits as n - 1 has, drawn again until they are below n, which
 * takes less than two tries on average. No remainder is taken, so no value is more likely than another.
 * @throws RangeError if `n` is not positive
 */
export function uniformBelow(n: bigint, random: RandomSource): bigint {
  return n <= largestSafe ? BigInt(uniformBelowSafe(Number(n), random)) : uniformBelowLarge(n, random)
}

/** {@link uniformBelow} for a safe integer, without BigInt: the same words of the source give the same value. */
export function uniformBelowSafe(n: number, random: RandomSource): number {
  if (!Number.isSafeInteger(n) || n <= 0) throw new RangeError('a uniform integer is drawn below a positive safe integer')
  const last = n - 1
  if (last <= 0xffff_ffff) {
    const spare = Math.clz32(last)
    // A shift by 32 would shift by 0.
    if (spare === 32) return 0
    for (;;) {
      const value = random() >>> spare
      if (value < n) return value
    }
  }
  // The higher word first; numbers below 2⁵³ are exact.
  const spare = Math.clz32(Math.floor(last / 2 ** 32))
  for (;;) {
    const value = (random() >>> spare) * 2 ** 32 + random()
    if (value < n) return value
  }
}

/** {@link uniformBelow} for integers of any size. */
export function uniformBelowLarge(n: bigint, random: RandomSource): bigint {
  if (n <= 0n) throw new RangeError('a uniform integer is drawn below a positive integer')
  const last = n - 1n
  const bits = last === 0n ? 0 : last.toString(2).length
  const words = Math.ceil(bits / 32)
  const spare = words * 32 - bits
  for (;;) {
    let value = 0n
    for (let word = 0; word < words; word += 1) value = (value << 32n) | BigInt(word === 0 ? random() >>> spare : random())
    if (value < n) return value
  }
}

/** A fair coin. */
export function fairCoin(random: RandomSource): boolean {
  return random() >>> 31 === 1
}
