import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import type { RandomSource } from './random-source.ts'
import { fairCoin, uniformBelow, uniformBelowLarge, uniformBelowSafe } from './uniform.ts'

/** Words in this order, and then none. */
function given(...words: readonly number[]): RandomSource {
  const left = [...words]
  return () => {
    const word = left.shift()
    if (word === undefined) throw new Error('no more words')
    return word
  }
}

describe.each([
  ['small', (n: number, random: RandomSource) => uniformBelowSafe(n, random)],
  ['large', (n: number, random: RandomSource) => Number(uniformBelowLarge(BigInt(n), random))],
])('a uniform integer on the path for %s ones', (_, below) => {
  test('takes every value once as the bits run through all of theirs, and refuses the rest', () => {
    for (let n = 2; n <= 40; n += 1) {
      const bits = (n - 1).toString(2).length
      const values: number[] = []
      for (let high = 0; high < 2 ** bits; high += 1) {
        // A value that is refused leads to the word after it, which gives 0.
        const value = below(n, given((high << (32 - bits)) >>> 0, 0))
        if (high < n) values.push(value)
        else expect(value).toBe(0)
      }
      expect(values).toEqual(Array.from({ length: n }, (__, at) => at))
    }
  })

  test('takes the next word when a value is refused', () => {
    expect(below(3, given(0xc000_0000, 0xffff_ffff, 0x8000_0000))).toBe(2)
  })

  test('below 1 needs no randomness', () => {
    expect(below(1, given())).toBe(0)
  })

  test('uses the last bit of a word, and the first of the next', () => {
    expect(below(2 ** 32, given(0xffff_fffe))).toBe(2 ** 32 - 2)
    expect(below(2 ** 33, given(0x8000_0000, 1))).toBe(2 ** 32 + 1)
    expect(below(2 ** 33, given(0x7fff_ffff, 1))).toBe(1)
    expect(below(Number.MAX_SAFE_INTEGER, given(0xffff_ffff, 0xffff_ffff, 0, 7))).toBe(7)
  })

  test('below 0 or less is refused', () => {
    for (const n of [0, -1]) expect(() => below(n, given())).toThrow(RangeError)
  })
})

test('both paths give the same value from the same bits', () => {
  const edges = [1, 2, 3, 255, 256, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER]
  const anyN = fc.oneof(
    fc.constantFrom(...edges),
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: 1, max: 99 }),
  )
  fc.assert(
    fc.property(anyN, fc.string(), (n, seed) => {
      const [small, large] = [seededRandomness(seed), seededRandomness(seed)]
      for (let turn = 0; turn < 5; turn += 1) expect(BigInt(uniformBelowSafe(n, small))).toBe(uniformBelowLarge(BigInt(n), large))
    }),
  )
})

test('a number that is no safe integer is refused, and a larger BigInt is drawn', () => {
  for (const n of [2 ** 53, 1.5, Number.NaN]) expect(() => uniformBelowSafe(n, given())).toThrow(RangeError)
  expect(uniformBelow(2n ** 64n, given(1, 2))).toBe(2n ** 32n + 2n)
  expect(uniformBelow(2n ** 53n, given(0xffff_ffff, 0xffff_ffff))).toBe(2n ** 53n - 1n)
})

test('a fair coin is the first bit', () => {
  expect([0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((word) => fairCoin(given(word)))).toEqual([false, false, true, true])
})
