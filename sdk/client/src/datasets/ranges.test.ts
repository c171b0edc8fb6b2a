import { expect, test } from 'vitest'
import { type Range, rangesOf } from './ranges.ts'

/** `[2,5)` for what lies between two values; `!` where rows need no sorting. */
function texts(ranges: readonly Range[]): string {
  return ranges
    .map(({ from, to, sorted }) => {
      const low = from === undefined ? '(' : `${from.inclusive ? '[' : '('}${from.value}`
      const high = to === undefined ? ')' : `${to.value}${to.inclusive ? ']' : ')'}`
      return `${low},${high}${sorted ? '' : '!'}`
    })
    .join(' ')
}

test('what fits is one range', () => {
  expect(texts(rangesOf([], 10))).toBe('(,)')
  expect(texts(rangesOf([3, 3, 4], 10))).toBe('(,)')
})

test('what does not is several, each value in one of them', () => {
  expect(texts(rangesOf([3, 3, 5, 5, 1], 10))).toBe('(,2) [2,4) [4,)')
  expect(texts(rangesOf([6, 6, 6], 10))).toBe('(,1) [1,2) [2,)')
})

test('a value that is too much by itself is not sorted, and its neighbours are', () => {
  expect(texts(rangesOf([1, 11, 1], 10))).toBe('(,1) [1,1]! (1,)')
  expect(texts(rangesOf([11, 12], 10))).toBe('(,0) [0,0]! (0,1) [1,1]! (1,)')
})
