import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ranksOf } from './ranks.ts'

test('ranks are those of the rows that the counts stand for', () => {
  const counts = fc.uniqueArray(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 3 })), {
    selector: ([value]) => value,
  })
  fc.assert(
    fc.property(counts, fc.integer({ min: -11, max: 11 }), (pairs, y) => {
      const sorted = pairs.toSorted(([a], [b]) => a - b)
      const rows = sorted.flatMap(([value, count]) => Array.from({ length: count }, () => value))
      const ranks = ranksOf(sorted.map(([value, count]) => ({ value: BigInt(value), count: BigInt(count) })))
      expect(Number(ranks.rows)).toBe(rows.length)
      expect(rows.map((_, index) => Number(ranks.valueAt(BigInt(index + 1))))).toEqual(rows)
      expect(Number(ranks.below(BigInt(y)))).toBe(rows.filter((row) => row < y).length)
      expect(Number(ranks.upTo(BigInt(y)))).toBe(rows.filter((row) => row <= y).length)
    }),
  )
})

test('a cell out of order, a value without rows, and a rank that no row has are refused', () => {
  const [one, two] = [
    { value: 1n, count: 1n },
    { value: 2n, count: 1n },
  ]
  expect(() => ranksOf([two, one])).toThrow('ascend')
  expect(() => ranksOf([one, one])).toThrow('ascend')
  expect(() => ranksOf([{ value: 1n, count: 0n }])).toThrow('has rows')
  for (const rank of [0n, 3n]) expect(() => ranksOf([one, two]).valueAt(rank)).toThrow(RangeError)
})
