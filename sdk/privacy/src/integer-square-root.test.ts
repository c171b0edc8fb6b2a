import fc from 'fast-check'
import { expect, test } from 'vitest'
import { integerSquareRoot } from './integer-square-root.ts'

test('the root is the largest integer whose square is at most the value', () => {
  for (let value = 0n; value < 200n; value++) expect(integerSquareRoot(value)).toBe(BigInt(Math.floor(Math.sqrt(Number(value)))))
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 200n }), (value) => {
      const root = integerSquareRoot(value)
      expect(root * root <= value && (root + 1n) * (root + 1n) > value).toBe(true)
    }),
  )
})

test('a perfect square and its neighbours come out on the right side', () => {
  const root = 10n ** 40n + 7n
  expect([-1n, 0n, 1n].map((off) => integerSquareRoot(root * root + off))).toEqual([root - 1n, root, root])
})

test('a negative number is refused', () => {
  expect(() => integerSquareRoot(-1n)).toThrow(RangeError)
})
