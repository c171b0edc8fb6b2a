import { describe, expect, test } from 'vitest'
import { columnOf } from '../accounting/noise-plan.ts'
import { approximate, compare, parseDecimal, rational } from '../rational.ts'
import { coverageOf, measured, plannedFor } from '../testing/coverage.ts'
import { exactOf, outputs, registers } from '../testing/coverage-cases.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { type Estimate, estimator } from './estimates.ts'

const runs = 1500
// Three and a half standard deviations below 95 %: one false alarm in 4000 for each, if all covered 95 % exactly.
const least = 0.95 - 3.5 * Math.sqrt((0.95 * 0.05) / runs)

describe('the exact value lies within its 95 % interval in 95 of 100 runs', () => {
  const mechanisms = ['discreteLaplace', 'discreteGaussian'] as const
  const cases = registers.flatMap(({ name, group }) => mechanisms.map((mechanism) => ({ name, group, mechanism })))
  test.each(cases)('$mechanism, over $name', ({ mechanism, name, group }) => {
    const exact = exactOf(group)
    for (const asked of outputs) {
      const coverage = coverageOf(plannedFor(mechanism, asked), group, exact, { runs, random: seededRandomness(name) })
      for (const output of coverage) expect(output.covered, output.name).toBeGreaterThan(least)
    }
  })
})

describe('intervals of counts are no wider than they must be', () => {
  test.each(['discreteLaplace', 'discreteGaussian'] as const)(
    'with %s noise, one step less covers less than 95 %%',
    (mechanism) => {
      const plan = plannedFor(mechanism, [{ name: 'n', aggregate: 'countUnits' }])
      const [{ confidence }] = estimator(plan)(() => 1000n) as [Estimate]
      if (confidence.kind !== 'values') throw new Error('a range')
      const width = (approximate(confidence.high) - approximate(confidence.low)) / 2
      const scale = approximate(columnOf(plan, 'units').scale)
      const weight = (x: number) =>
        mechanism === 'discreteLaplace' ? Math.exp(-Math.abs(x) / scale) : Math.exp((-x * x) / (2 * scale))
      let [all, inside, narrower] = [0, 0, 0]
      for (let x = -3000; x <= 3000; x += 1) {
        all += weight(x)
        if (Math.abs(x) <= width) inside += weight(x)
        if (Math.abs(x) < width) narrower += weight(x)
      }
      expect(inside / all).toBeGreaterThanOrEqual(0.95)
      expect(narrower / all).toBeLessThan(0.95)
    },
  )
})

describe('what bounds and definitions rule out is in no interval', () => {
  const cost = { values: 'x', bounds: [0, 100], decimals: 1 } as const
  const of = (asked: Parameters<typeof plannedFor>[1], cell: Readonly<Record<string, bigint>>) =>
    estimator(plannedFor('discreteGaussian', asked))((column) => cell[column] ?? 0n)

  test('a count is not negative, though a noisy one may be', () => {
    const [count] = of([{ name: 'n', aggregate: 'countUnits' }], { units: -4n }) as [Estimate]
    expect(count.value).toEqual(rational(-4))
    expect(count.confidence).toMatchObject({ kind: 'values', low: rational(0) })
    const [none] = of([{ name: 'n', aggregate: 'countUnits' }], { units: -1000n }) as [Estimate]
    expect(none.confidence).toMatchObject({ low: rational(0), high: rational(0) })
  })

  test('an average of few rows may be anything between the bounds, and one of none has no value', () => {
    const [few] = of([{ name: 'a', aggregate: 'avg', ...cost }], { 'rows x': 1n, 'sum x': 900_000n }) as [Estimate]
    expect(few.confidence).toEqual({ kind: 'values', low: expect.anything(), high: rational(100) })
    const [none] = of([{ name: 'a', aggregate: 'avg', ...cost }], { 'rows x': -1000n }) as [Estimate]
    expect(none).toEqual({ name: 'a', value: null, confidence: { kind: 'values', low: rational(0), high: rational(100) } })
  })

  test('a variance is not negative, and no more than its bounds allow', () => {
    for (const squares of [-10_000_000_000n, 10_000_000_000n]) {
      for (const aggregate of ['variance', 'stddev'] as const) {
        const most = aggregate === 'variance' ? 5001 : 71
        const [spread] = of([{ name: 'v', aggregate, of: 'sample', ...cost }], { 'rows x': 500n, 'squares x': squares }) as [
          Estimate,
        ]
        const { value, confidence } = spread
        if (value === null || confidence.kind !== 'values') throw new Error('a range')
        for (const x of [value, confidence.low, confidence.high]) {
          expect(compare(x, rational(0))).toBeGreaterThanOrEqual(0)
          expect(approximate(x)).toBeLessThan(most)
        }
      }
    }
  })
})

test.each(registers)('from numbers without noise, outputs are those of $name', ({ group }) => {
  const exact = exactOf(group)
  for (const asked of outputs) {
    const plan = plannedFor('discreteLaplace', asked)
    const estimates = estimator(plan)((name) => {
      const { measure } = columnOf(plan, name)
      return measure.kind === 'quantile' ? 0n : measured(group, measure)
    })
    for (const { name, value, confidence } of estimates) {
      if (confidence.kind === 'ranks') continue
      expect(approximate(value ?? rational(-1)), name).toBeCloseTo(exact[name] ?? Number.NaN, 6)
    }
  }
})

test('a level is a probability', () => {
  const plan = plannedFor('discreteLaplace', [{ name: 'n', aggregate: 'countUnits' }])
  for (const level of [rational(0), rational(1), rational(3, 2)]) expect(() => estimator(plan, level)).toThrow(RangeError)
  const width = (level: string) => {
    const [{ confidence }] = estimator(plan, parseDecimal(level))(() => 500n) as [Estimate]
    return confidence.kind === 'values' ? approximate(confidence.high) - 500 : 0
  }
  expect(width('0.99')).toBeGreaterThan(width('0.95'))
})
