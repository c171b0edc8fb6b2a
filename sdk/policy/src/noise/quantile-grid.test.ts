import { rational, stepsOf } from '@reinraum/privacy'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowed, allowedWithNoise, exactTexts, plenty, resultOf } from '../testing/noisy-room.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { linesOf } from './cell-texts.ts'
import { everyOf, mostStepsOf } from './quantile-grid.ts'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

const cents = { bounds: [0, 5000], decimals: 2 } as const
const ages = { bounds: [0, 120], decimals: 0 } as const
const regionsOf = (count: number) => Array.from({ length: count }, (_, i) => `Region ${i}`)

test('a step is the first of 1, 2, 5, 10, 20 … that leaves few enough', () => {
  expect([1e6, 500_000, 499_999, 100_000, 10_000, 300, 100].map((most) => everyOf(cents, most))).toEqual([
    ...[1, 1, 2, 5, 50, 2000, 5000],
  ])
  expect(everyOf({ bounds: [-1e12, 1e12], decimals: 6 }, 100)).toBe(2e16)
})

test('whatever the bounds, there are steps, and at most so many', () => {
  const bound = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 100)
  const some = {
    bounds: fc.tuple(bound, bound),
    decimals: fc.integer({ min: 2, max: 6 }),
    most: fc.integer({ min: 100, max: 1e5 }),
  }
  const holds = fc.property(fc.record(some), ({ bounds: [a, b], decimals, most }) => {
    const fine = { bounds: [Math.min(a, b), Math.max(a, b)] as const, decimals }
    const steps = stepsOf({ ...fine, every: everyOf(fine, most) })
    expect(steps).not.toBe(null)
    expect(Number((steps?.high ?? 0n) - (steps?.low ?? 0n))).toBeLessThanOrEqual(most)
  })
  fc.assert(holds, { seed: 3, numRuns: 500 })
})

describe('of how many steps', () => {
  test('a hundred thousand at most, and ten thousand where nobody knows how many groups there are', () => {
    expect(mostStepsOf([{ declared: [], histograms: [cents] }])).toEqual({ declared: 100_000, undeclared: 10_000 })
    expect(mostStepsOf([{ declared: null, histograms: [cents, cents] }])).toEqual({ declared: 100_000, undeclared: 10_000 })
  })

  test('fewer of more groups, of longer names, and of more quantiles, but never less than a hundred', () => {
    const [few, many] = [[regionsOf(100)], [regionsOf(1000)]]
    const of = (...all: Parameters<typeof mostStepsOf>[0]) => mostStepsOf(all).declared
    const alone = of({ declared: few, histograms: [cents] })
    expect(of({ declared: many, histograms: [cents] })).toBeLessThan(alone / 9)
    expect(of({ declared: [regionsOf(100).map((r) => `${r} of a long name`)], histograms: [cents] })).toBeLessThan(alone)
    expect(of({ declared: few, histograms: [cents, cents] })).toBeLessThan(alone / 1.9)
    expect(of({ declared: few, histograms: [cents] }, { declared: [], histograms: [cents] })).toBeLessThan(alone)
    expect(of({ declared: [regionsOf(100_000)], histograms: [cents] })).toBe(100)
  })

  test('and what others do not need', () => {
    const declared = [regionsOf(1000)]
    const [beside, alone] = [[cents, ages], [cents]].map((histograms) => mostStepsOf([{ declared, histograms }]).declared)
    // ages take 122 lines a group of some 300
    expect((alone ?? 0) - (beside ?? 0)).toBeGreaterThan(100)
    expect((alone ?? 0) - (beside ?? 0)).toBeLessThan(125)
  })
})

test('groups that nobody declared have steps of their own, beside a total of all rows', async () => {
  const sql = 'SELECT region, median(cost) AS m FROM patients GROUP BY ROLLUP (region)'
  const { noise } = await allowed(guard, noisySlots({ domain: undefined }), sql, plenty)
  const grids = noise.flatMap(({ groups, plan }) =>
    plan.columns.flatMap(({ mechanism, grid }) => (mechanism === 'exponential' ? [[groups, grid]] : [])),
  )
  // of costs from 0 to 100,000.00
  expect(grids).toEqual([
    [0, rational(1)],
    [1, rational(10)],
  ])
})

test('values that the engine has no integers for are refused, however few steps there are', async () => {
  const reasonFor = async (high: number) => {
    const slots = noisySlots().map((slot) => {
      if (slot.id !== 'patients') return slot
      const { columns } = slot.rule
      const visits = { ...columns.visits, bounds: [0, high] as [number, number] }
      return { ...slot, rule: { ...slot.rule, columns: { ...columns, visits } } }
    })
    const sql = 'SELECT median(visits) AS m FROM patients'
    const verdict = await guard.check({ sql, parameters: [], values: {}, slots, privacy: plenty })
    return verdict.verdict === 'refused' ? verdict.reasons[0]?.code : 'allowed'
  }
  expect([await reasonFor(1e18), await reasonFor(2e18)]).toEqual(['allowed', 'bounds-too-wide'])
})

describe('a median of a DECIMAL over a thousand declared groups', () => {
  const domain = regionsOf(1000)
  const slots = noisySlots({ domain, unit: { maxRowsPerUnit: 1, maxGroupsPerUnit: 1 } }).map((slot) => {
    if (slot.id !== 'patients') return slot
    const schema = { columns: slot.schema.columns.map((c) => (c.name === 'cost' ? { ...c, type: 'DECIMAL(9,2)' as const } : c)) }
    const { columns } = slot.rule
    return { ...slot, schema, rule: { ...slot.rule, columns: { ...columns, cost: { ...columns.cost, bounds: [0, 5000] } } } }
  }) as ReturnType<typeof noisySlots>
  const sql = 'SELECT region, median(cost) AS m FROM patients GROUP BY region'
  const rows = (costs: number, inGroups: number) =>
    `SELECT i, 'x', 1, 'Region ' || i % ${inGroups}, DATE '2020-01-01', i // ${inGroups} * (5000.0 / ${costs - 1}), 1, 1, TRUE FROM range(${costs * inGroups}) t(i)`
  async function histogramOf(data: string) {
    const allowed = await allowedWithNoise(guard, slots, sql, plenty)
    const patients = slots.flatMap((slot) => (slot.id === 'patients' ? [{ slot, rows: data }] : []))
    const database = await openDatabase(patients)
    try {
      return { allowed, exact: await exactTexts(database, allowed.noise) }
    } finally {
      database.close()
    }
  }
  const promised = (plan: Awaited<ReturnType<typeof histogramOf>>['allowed']['noise']['plan']) => {
    const measure = plan.columns.find((c) => c.measure.kind === 'quantile')?.measure
    if (measure?.kind !== 'quantile') throw new Error('a median is a quantile')
    return linesOf(measure.steps)
  }

  test('takes less than half of what an executor hears, whatever the data', async () => {
    const { noise } = await allowedWithNoise(guard, slots, sql, plenty)
    const lines = Array.from({ length: promised(noise.plan) }, (_, v) => JSON.stringify(['Region 999', `${v}`, `${2n ** 63n}`]))
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
    expect(bytes * domain.length).toBeLessThan(16 * 1024 * 1024)
    expect(bytes * domain.length).toBeGreaterThan(8 * 1024 * 1024)
  })

  test('has no more lines than that, where rows have every value of the column', async () => {
    const data = `${rows(500_001, 1)} UNION ALL ${rows(500_001, 1).replace('SELECT i', 'SELECT 1000000 + i').replace("'Region ' || i % 1", "'Region 999'")}`
    const { allowed, exact } = await histogramOf(
      `${data} UNION ALL SELECT 5000000, 'x', 1, 'Region 0', DATE '2020-01-01', NULL, 1, 1, TRUE`,
    )
    const [histogram = []] = exact.histograms
    // two groups have all, of which one has rows without a value too
    expect(histogram.length).toBe(2 * promised(allowed.noise.plan) - 1)
    expect(histogram.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(1_000_003)
  }, 20_000)

  test('is near the exact one', async () => {
    const { allowed, exact } = await histogramOf(rows(101, 1000))
    const found = await resultOf(allowed, exact, seededRandomness('near'))
    expect(found.length).toBe(1000)
    const { grid } = allowed.noise.plan.columns.find((c) => c.measure.kind === 'quantile') ?? expect.fail()
    expect(grid).toEqual({ numerator: 20n, denominator: 1n })
    // values are 50 apart, and steps 20
    for (const [, m] of found) expect(Math.abs(Number(m) - 2500)).toBeLessThanOrEqual(60)
    for (const [, m] of found) expect(Number(m) % 20).toBe(0)
  }, 20_000)
})
