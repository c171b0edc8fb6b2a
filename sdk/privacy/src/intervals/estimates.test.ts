import { describe, expect, test } from 'vitest'
import { columnOf } from '../accounting/noise-plan.ts'
import { approximate, compare, parseDecimal, rational } from '../rational.ts'
import { coverageOf, measured, plannedFor } from '../testing/coverage.ts'
import { exactOf, outputs, registers } from '../testing/coverage-cases.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { type Estimate, estimator } from './estimates.ts'
import { halfWidth } from './half-width.ts'

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

describe('an average lies in the sets of three divisions of the error', () => {
  const score = { values: 'x', bounds: [0, 100], decimals: 0 } as const
  const plan = plannedFor('discreteLaplace', [{ name: 'a', aggregate: 'avg', ...score }], 5)
  const widthOf = (column: string, error: number) => {
    const { scale } = columnOf(plan, column)
    return Number(halfWidth({ mechanism: 'discreteLaplace', scale }, parseDecimal(error)))
  }

  test.each([
    [0, 5000],
    [120_000, 5000],
    [-3000, 150],
  ])('of a sum of %s over %s rows, measured from 50', (sum, rows) => {
    const sets = [0.025, 0.049, 0.001].map((error) => {
      const [q, p] = [widthOf('sum x', error), widthOf('rows x', Number((0.05 - error).toFixed(3)))]
      const ends = [sum - q, sum + q].flatMap((s) => [s / (rows - p), s / (rows + p)])
      return { low: Math.min(...ends), high: Math.max(...ends) }
    })
    const [{ confidence }] = estimator(plan)((c) => BigInt(c === 'sum x' ? sum : rows)) as [Estimate]
    if (confidence.kind !== 'values') throw new Error('a range')
    expect(approximate(confidence.low)).toBeCloseTo(50 + Math.max(...sets.map((s) => s.low)), 9)
    expect(approximate(confidence.high)).toBeCloseTo(50 + Math.min(...sets.map((s) => s.high)), 9)
  })

  test('which in the middle of the bounds is hardly wider than an interval for the sum alone', () => {
    const [{ confidence }] = estimator(plan)((c) => (c === 'sum x' ? 0n : 5000n)) as [Estimate]
    if (confidence.kind !== 'values') throw new Error('a range')
    expect(approximate(confidence.high) - 50).toBeLessThan((1.03 * widthOf('sum x', 0.05)) / 5000)
  })

  test('and within its bounds, also where noise takes the quotient beyond them', () => {
    const [{ value, confidence }] = estimator(plan)((c) => (c === 'sum x' ? 900_000n : 5000n)) as [Estimate]
    expect(value).toEqual(rational(100))
    expect(confidence).toEqual({ kind: 'values', low: rational(100), high: rational(100) })
  })
})

test('a sum that is measured from the middle of its bounds is off by no more than both of its parts', () => {
  const score = { values: 'x', bounds: [0, 100], decimals: 0 } as const
  const plan = plannedFor('discreteGaussian', [
    { name: 'a', aggregate: 'avg', ...score },
    { name: 's', aggregate: 'sum', ...score },
  ])
  const width = (column: string, error: string) =>
    halfWidth({ mechanism: 'discreteGaussian', scale: columnOf(plan, column).scale }, parseDecimal(error))
  const widths = [
    ['0.025', '0.025'],
    ['0.049', '0.001'],
    ['0.001', '0.049'],
  ].map(([ofSum = '', ofRows = '']) => width('sum x', ofSum) + 50n * width('rows x', ofRows))
  const [, sum] = estimator(plan)((c) => (c === 'sum x' ? 7n : 300n)) as [Estimate, Estimate]
  const least = BigInt(Math.min(...widths.map(Number)))
  expect(sum).toEqual({
    name: 's',
    value: rational(15_007),
    confidence: { kind: 'values', low: rational(15_007n - least), high: rational(15_007n + least) },
  })
})

test('the ranks of a quantile are those that it may be off by where every other value is off by so many', () => {
  const age = { values: 'x', bounds: [0, 120], decimals: 0 } as const
  const plan = plannedFor('discreteLaplace', [{ name: 'm', aggregate: 'quantile', quantile: 0.5, ...age }])
  const [{ confidence }] = estimator(plan)(() => 30n) as [Estimate]
  if (confidence.kind !== 'ranks') throw new Error('ranks')
  // Half of the rows lie between the one age of all and any other.
  const of = (rows: bigint) => ({ values: Array.from({ length: 2 * Number(rows) }, () => 30n) })
  const covered = (rows: bigint) => coverageOf(plan, of(rows), { m: 0 }, { runs, random: seededRandomness('ranks') })[0]?.covered
  expect(covered(confidence.rows)).toBe(1)
  expect(covered(confidence.rows + 1n)).toBeGreaterThan(least)
  // a value that is that far off does come out: once in 43 runs
  expect(covered(confidence.rows + 1n)).toBeLessThan(1)
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
