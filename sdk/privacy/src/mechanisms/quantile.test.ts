import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rational } from '../rational.ts'
import { exactQuantile } from '../testing/exact-quantile.ts'
import { goodnessOfFit, significance } from '../testing/goodness-of-fit.ts'
import { countsOf, inNumbers, quantileCases } from '../testing/quantile-cases.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { quantileSampler } from './quantile.ts'

const draws = 50_000
const query = { bounds: { low: 0n, high: 10n }, quantile: rational(1, 2), epsilon: rational(1), rowsPerUnit: 1n }

describe('draws follow the exponential mechanism', () => {
  test.each(quantileCases.filter(({ query: { bounds } }) => bounds.low < bounds.high))('$name', ({ rows, query: asked }) => {
    const small = inNumbers(asked)
    const probabilities = exactQuantile(rows, small)
    const exact = { probability: (x: number) => probabilities[x - small.low] ?? 0, reach: 2000 }
    const fit = goodnessOfFit(quantileSampler(countsOf(rows), asked, seededRandomness('quantile')), draws, exact)
    expect(Math.min(fit.chiSquare, fit.kolmogorovSmirnov)).toBeGreaterThan(significance)
  })

  test('and a slightly larger ε is told apart', () => {
    const rows = [0, 1, 2, 5, 9]
    const probabilities = exactQuantile(rows, inNumbers({ ...query, epsilon: rational(23, 20) }))
    const draw = quantileSampler(countsOf(rows), query, seededRandomness('quantile'))
    const fit = goodnessOfFit(draw, draws, { probability: (x) => probabilities[x] ?? 0, reach: 10 })
    expect(fit.chiSquare).toBeLessThan(significance)
  })
})

test('adding the rows of one unit changes no probability by more than the factor exp(ε)', () => {
  const anyRow = fc.integer({ min: 0, max: 10 })
  let largest = 0
  fc.assert(
    fc.property(
      fc.array(anyRow, { maxLength: 12 }),
      fc.array(anyRow, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0, 0.1, 0.25, 0.5, 0.9, 1),
      (others, unit, quantile) => {
        const small = { ...inNumbers(query), quantile, rowsPerUnit: 3 }
        const [without, joined] = [exactQuantile(others, small), exactQuantile([...others, ...unit], small)]
        const losses = without.map((p, index) => Math.abs(Math.log(p / (joined[index] ?? Number.NaN))))
        largest = Math.max(largest, ...losses)
        expect(Math.max(...losses)).toBeLessThan(1 + 1e-9)
      },
    ),
    { seed: 5, numRuns: 2000 },
  )
  // No ε is left lying about either.
  expect(largest).toBeGreaterThan(0.6)
})

test('the only grid point comes out', () => {
  const draw = quantileSampler([{ value: 2n, count: 2n }], { ...query, bounds: { low: 2n, high: 2n } })
  expect(draw()).toBe(2n)
})

test('a large ε gives the quantile itself', () => {
  const certain = { ...query, epsilon: rational(100_000) }
  const draw = quantileSampler(countsOf([1, 3, 4, 4, 9]), certain)
  expect(Array.from({ length: 50 }, draw)).toEqual(Array.from({ length: 50 }, () => 4n))
})

test('a million values and a grid of a billion points are drawn from at once', () => {
  const cell = Array.from({ length: 1_000_000 }, (_, index) => ({ value: BigInt(index) * 1000n, count: 1n }))
  const wide = { ...query, bounds: { low: 0n, high: 1_000_000_000n }, epsilon: rational(1, 10) }
  const draw = quantileSampler(cell, wide, seededRandomness('wide'))
  // So many walks along all values take three times as long as a test may.
  const drawn = Array.from({ length: 10_000 }, draw)
  // 100 ranks off are e⁻¹⁰ as likely as none.
  for (const y of drawn) expect(Math.abs(Number(y) - 500_000_000)).toBeLessThan(500_000)
  // Points between two values come out too, all over the gap.
  expect(new Set(drawn.map((y) => Number(y % 1000n) % 10)).size).toBe(10)
})

test.each([1n, 8n, 30n, 100n])('a peak of %i rows in 2⁶⁴ points costs few random words', (count) => {
  const [seeded, high] = [seededRandomness('peak'), 2n ** 64n - 1n]
  let words = 0
  const random = () => {
    words += 1
    return seeded()
  }
  const draw = quantileSampler([{ value: high / 3n, count }], { ...query, bounds: { low: 0n, high } }, random)
  for (let i = 0; i < 500; i += 1) draw()
  // Eight proposals of at most three words of 32 bits and some coins; without levels it would take 2⁶⁴ proposals.
  expect(words / 500).toBeLessThan(80)
})

describe('what cannot be answered is refused', () => {
  test.each([
    ['bounds the wrong way round', { bounds: { low: 1n, high: 0n } }, 'lower bound'],
    ['a quantile below 0', { quantile: rational(-1, 2) }, 'from 0 to 1'],
    ['a quantile above 1', { quantile: rational(3, 2) }, 'from 0 to 1'],
    ['no ε', { epsilon: rational(0) }, 'ε is positive'],
    ['no rows of a unit', { rowsPerUnit: 0n }, 'a row at least'],
  ])('%s', (_, wrong, message) => {
    expect(() => quantileSampler([], { ...query, ...wrong })).toThrow(message)
  })

  test.each([-1n, 11n])('a value beyond the bounds: %s', (value) => {
    expect(() => quantileSampler([{ value, count: 1n }], query)).toThrow('within the bounds')
  })
})
