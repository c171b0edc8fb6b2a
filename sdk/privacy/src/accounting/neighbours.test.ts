import fc from 'fast-check'
import { expect, test } from 'vitest'
import { larger } from '../larger.ts'
import { columnOf, type Measure, type NoisePlan } from './noise-plan.ts'
import { planNoise } from './plan-noise.ts'

interface Row {
  readonly unit: number
  readonly group: number
  /** in steps of the grid; not yet clamped */
  readonly value: bigint
}

const contribution = { groups: 3, rows: 7, rowsPerGroup: 4 }
const [low, high] = [-5n, 30n]

/** Leaves out rows of a unit beyond its groups, its rows in one group and its rows, the first ones staying. */
function bounded(rows: readonly Row[]): readonly Row[] {
  const kept: Row[] = []
  for (const row of rows) {
    const own = kept.filter((r) => r.unit === row.unit)
    const groups = new Set([...own.map((r) => r.group), row.group])
    const inGroup = own.filter((r) => r.group === row.group)
    if (groups.size > contribution.groups || own.length >= contribution.rows || inGroup.length >= contribution.rowsPerGroup)
      continue
    kept.push(row)
  }
  return kept
}

/** What is measured exactly in one group. */
function measured(measure: Measure, rows: readonly Row[]): bigint {
  const values = rows.map(({ value }) => (value < low ? low : value > high ? high : value))
  const sum = (of: (x: bigint) => bigint) => values.map(of).reduce((a, b) => a + b, 0n)
  switch (measure.kind) {
    case 'units':
      return BigInt(new Set(rows.map((r) => r.unit)).size)
    case 'distinct':
      return BigInt(new Set(values).size)
    case 'sum':
      return sum((x) => x - measure.center)
    case 'squares':
      return sum((x) => (x - measure.center) ** 2n - measure.squareCenter)
    default:
      return BigInt(rows.length)
  }
}

function plan(): NoisePlan {
  const value = { values: 'x', bounds: [Number(low), Number(high)], decimals: 0 } as const
  const outcome = planNoise(
    {
      contribution,
      declaredGroups: 6,
      minimumGroupSize: 2,
      asked: [
        { name: 'distinct', aggregate: 'countDistinct', values: 'x' },
        { name: 'spread', aggregate: 'variance', of: 'sample', ...value },
        { name: 'total', aggregate: 'sum', ...value, values: 'y' },
      ],
    },
    [
      {
        rule: { epsilonBudget: 1, deltaBudget: 0, maxEpsilonPerQuery: 1, mechanism: 'discreteLaplace', accounting: 'basic' },
        spending: { epsilon: 1 },
      },
    ],
  )
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plan
}

const rows = fc.array(
  fc.record({
    unit: fc.integer({ min: 0, max: 3 }),
    group: fc.integer({ min: 0, max: 5 }),
    value: fc.constantFrom(-100n, -5n, -4n, 0n, 12n, 13n, 29n, 30n, 100n),
  }),
  { maxLength: 60 },
)

test('adding or removing a unit changes no column by more than its sensitivity, and counts come near to it', () => {
  const { columns } = plan()
  const closest = new Map<string, bigint>()
  fc.assert(
    fc.property(rows, (all) => {
      const without = all.filter((r) => r.unit !== 0)
      for (const { name, measure, sensitivity } of columns) {
        const changes = [0, 1, 2, 3, 4, 5].map((group) => {
          const of = (some: readonly Row[]) =>
            measured(
              measure,
              bounded(some).filter((r) => r.group === group),
            )
          return of(all) - of(without)
        })
        const l1 = changes.map((c) => (c < 0n ? -c : c)).reduce((a, b) => a + b, 0n)
        expect(l1).toBeLessThanOrEqual(sensitivity.l1)
        expect(changes.map((c) => c * c).reduce((a, b) => a + b, 0n)).toBeLessThanOrEqual(sensitivity.l2Squared)
        closest.set(name, larger(l1, closest.get(name) ?? 0n))
      }
    }),
    { numRuns: 300, seed: 5 },
  )
  for (const name of ['units', 'rows x', 'distinct x']) {
    expect((closest.get(name) ?? 0n) * 2n).toBeGreaterThan(columnOf({ columns }, name).sensitivity.l1)
  }
})

test('a unit with the extreme values comes to the sensitivity of sums and squares', () => {
  const { columns } = plan()
  const extreme = (value: bigint) => [0, 1].flatMap((group) => Array.from({ length: 4 }, () => ({ unit: 0, group, value })))
  for (const name of ['sum x', 'squares x', 'sum y']) {
    const { measure, sensitivity } = columnOf({ columns }, name)
    const changes = [low, high, 12n].map((value) => {
      const change = [0, 1].map((group) =>
        measured(
          measure,
          bounded(extreme(value)).filter((r) => r.group === group),
        ),
      )
      return change.map((c) => (c < 0n ? -c : c)).reduce((a, b) => a + b)
    })
    expect(changes.reduce(larger)).toBe(sensitivity.l1)
  }
})
