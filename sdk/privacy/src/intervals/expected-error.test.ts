import { describe, expect, test } from 'vitest'
import type { Asked } from '../accounting/asked.ts'
import { coverageOf, plannedFor } from '../testing/coverage.ts'
import { exactOf } from '../testing/coverage-cases.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { evenGroups, expectedErrors, unitsFor } from './expected-error.ts'

const score = { values: 'score', bounds: [20, 80], decimals: 0 } as const
/** As is assumed where nothing is known: values evenly between the bounds. */
const group = { values: Array.from({ length: 610 }, (_, i) => BigInt(20 + (i % 61))) }
const asked: readonly (readonly Asked[])[] = [
  [
    { name: 'people', aggregate: 'countUnits' },
    { name: 'total', aggregate: 'sum', ...score },
  ],
  [
    { name: 'mean', aggregate: 'avg', ...score },
    { name: 'total', aggregate: 'sum', ...score },
  ],
  [{ name: 'variance', aggregate: 'variance', of: 'sample', ...score }],
  [{ name: 'deviation', aggregate: 'stddev', of: 'population', ...score }],
]

describe('the error that people are shown is the error that results have', () => {
  const cases = asked.flatMap((query) =>
    (['discreteLaplace', 'discreteGaussian'] as const).map((mechanism) => ({ query, mechanism })),
  )
  test.each(cases)('$mechanism, query %#', ({ query, mechanism }) => {
    const plan = plannedFor(mechanism, query, 3)
    const exact = exactOf(group)
    const shown = expectedErrors(plan, { units: 610 })
    const found = coverageOf(plan, group, exact, { runs: 1500, random: seededRandomness('error') })
    for (const [i, { name, meanError }] of found.entries()) {
      expect((shown[i]?.absolute ?? 0) / meanError, name).toBeGreaterThan(0.85)
      expect((shown[i]?.absolute ?? 0) / meanError, name).toBeLessThan(1.15)
      expect((shown[i]?.relative ?? 0) * (exact[name] ?? 0), name).toBeCloseTo(
        shown[i]?.absolute ?? 0,
        -Math.log10((exact[name] ?? 1) / 50),
      )
    }
  })
})

test('of a quantile it is a number of ranks, which no more than is shown are to be expected', () => {
  const plan = plannedFor('discreteGaussian', [{ name: 'median', aggregate: 'quantile', quantile: 0.5, ...score }], 3)
  const [shown] = expectedErrors(plan, { units: 610 })
  const [found] = coverageOf(plan, group, { median: 0 }, { runs: 500, random: seededRandomness('median') })
  expect(found?.meanError).toBeLessThan(shown?.absolute ?? 0)
  expect(shown?.relative).toBeCloseTo((shown?.absolute ?? 0) / 610, 9)
})

test('it falls as groups grow, and tells how large they must be', () => {
  const plan = plannedFor('discreteLaplace', [{ name: 'people', aggregate: 'countUnits' }], 3)
  const enough = unitsFor(plan, 0.05)
  expect(expectedErrors(plan, { units: enough })[0]?.relative).toBeLessThanOrEqual(0.05)
  expect(expectedErrors(plan, { units: enough * 0.9 })[0]?.relative).toBeGreaterThan(0.05)
  expect(expectedErrors(plan, evenGroups(200_000, 400))).toEqual(expectedErrors(plan, { units: 500 }))
})
