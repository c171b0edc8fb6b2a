import { audit, type RandomSource } from '@reinraum/privacy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowed, allowedWithNoise, exactTexts } from '../testing/noisy-room.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { type ExactTexts, noiseAdder } from './add-noise.ts'
import type { NoiseStatement } from './noise-statement.ts'

// The whole way of a query, through the engine, over two databases of which one has a person more: the one who does the
// most that the bounds allow, and tries more. What is exact does not change from run to run, so it is computed once for
// each of the two.

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

const epsilon = 1
const options = { runs: 8000, confidence: 0.999999 }

const others = `SELECT i, 'n', 30 + i % 40, 'Region ' || i % 2, DATE '2020-01-01', 50, 0, 1, i % 2 = 0 FROM range(40) t(i)`
/** A hundred rows far above the bounds, all over the country. */
const extreme = `SELECT 5000, 'x', 119, 'Region ' || i % 9, DATE '2020-01-01', 9999999, 0, 1, TRUE FROM range(100) t(i)`

async function exactOver(noise: NoiseStatement, rows: string): Promise<ExactTexts> {
  const database = await openDatabase(
    noisySlots()
      .filter(({ id }) => id === 'patients')
      .map((slot) => ({ slot, rows })),
  )
  try {
    return await exactTexts(database, noise)
  } finally {
    database.close()
  }
}

/** What their owner states that everybody has at most, and the rows of the person more. */
interface Stated {
  readonly rows?: number
  readonly person?: string
  /** everybody else's */
  readonly rest?: string
  readonly changes?: Parameters<typeof noisySlots>[0]
}

/** @param tell what of the noisy rows an attacker looks at */
async function audited(
  sql: string,
  tell: (rows: readonly (readonly (string | null)[])[]) => string | bigint,
  change = (noise: NoiseStatement) => noise,
  { rows, person = extreme, rest = others, changes = {} }: Stated = {},
) {
  const stated = rows === undefined ? {} : { patients: rows }
  const slots = noisySlots({
    unit: { maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
    domain: ['Region 0', 'Region 1'],
    stated,
    ...changes,
  })
  const { noise } = await allowedWithNoise(guard, slots, sql, { epsilon, delta: 0 })
  const [without, more] = [await exactOver(change(noise), rest), await exactOver(change(noise), `${rest} UNION ALL ${person}`)]
  const random: RandomSource = seededRandomness(sql)
  const added = noiseAdder(change(noise), random)
  return audit((database) => tell(added(database === 'with' ? more : without)), options)
}

const global = (aggregate: string) => `SELECT ${aggregate} AS x FROM patients`
const first = (rows: readonly (readonly (string | null)[])[]) =>
  rows[0]?.[0] == null ? 'hidden' : BigInt(Math.round(Number(rows[0][0])))

const asked = [
  ['a count', global('count(*)'), first],
  ['units', global('count(DISTINCT person)'), first],
  ['a sum', global('sum(cost)'), first],
  ['a median', global('median(age)'), first],
  [
    'groups',
    'SELECT region, count(*) AS n FROM patients GROUP BY region',
    (rows: readonly (readonly (string | null)[])[]) => rows.map((r) => `${r[0]} ${Number(r[1]) > 22}`).join(),
  ],
] as const

describe('a guarded query gives no more away than it costs', () => {
  test.each(asked)('%s', async (_, sql, tell) => {
    expect((await audited(sql, tell)).epsilon).toBeLessThanOrEqual(epsilon)
  })
})

const withRows = (rows: number): Stated => ({ rows, person: extreme.replace('range(100)', `range(${rows})`) })

describe('nor does it where owners state the rows of a person', () => {
  test.each(asked)('%s: one, and nobody has more', async (_, sql, tell) => {
    expect((await audited(sql, tell, undefined, withRows(1))).epsilon).toBeLessThanOrEqual(epsilon)
  })

  test.each(asked.slice(0, 2))('%s: two, and nobody has more', async (_, sql, tell) => {
    expect((await audited(sql, tell, undefined, withRows(2))).epsilon).toBeLessThanOrEqual(epsilon)
  })

  test('the audit finds it where that is false', async () => {
    expect((await audited(global('count(*)'), first, undefined, { rows: 1 })).epsilon).toBeGreaterThan(epsilon)
  })
})

describe('nor by whose units are counted and whose are not', () => {
  // with the person twenty units of two rows each, as many as the rule asks for: enough rows to count no units
  const twoOf = (unit: string, people: number) =>
    `SELECT ${unit}, 'n', 30, 'Region 0', DATE '2020-01-01', 50, 0, 1, TRUE FROM range(${2 * people}) t(i)`
  const changes = { unit: { maxRowsPerUnit: 2, maxGroupsPerUnit: 2 }, output: { minimumGroupSize: 20 }, domain: ['Region 0'] }
  const stated: Stated = { rows: 2, rest: twoOf('i // 2', 19), person: twoOf('5000', 1), changes }
  const isShown = (rows: readonly unknown[]) => `${rows.length}`
  const sql = 'SELECT region, count(*) AS n FROM patients GROUP BY region'

  test('a noisy number of rows decides it', async () => {
    expect((await audited(sql, isShown, undefined, stated)).epsilon).toBeLessThanOrEqual(epsilon)
  })

  test('the audit finds it where an exact one does', async () => {
    expect((await audited(sql, isShown, exactRows, stated)).epsilon).toBeGreaterThan(epsilon)
  })
})

/** The windows by which rows beyond the bounds are left out. */
const unbounded = (noise: NoiseStatement): NoiseStatement => ({
  ...noise,
  cellsSql: noise.cellsSql.replaceAll('<= 2)', '<= 1000000)').replaceAll('<= 1)', '<= 1000000)'),
})
/** Rows counted as they are. */
const exactRows = (noise: NoiseStatement): NoiseStatement => ({
  ...noise,
  plan: {
    ...noise.plan,
    columns: noise.plan.columns.map((c) =>
      c.measure.kind === 'rows' ? { ...c, scale: { numerator: 1n, denominator: 100n } } : c,
    ),
  },
})
const halfAsWide = (noise: NoiseStatement): NoiseStatement => ({
  ...noise,
  plan: {
    ...noise.plan,
    columns: noise.plan.columns.map((c) => ({ ...c, scale: { ...c.scale, denominator: c.scale.denominator * 4n } })),
  },
})

test.each([
  ['contributions are not bounded', unbounded],
  ['noise is of a quarter of the scale', halfAsWide],
])('the audit finds it where %s', async (_, change) => {
  expect((await audited(global('count(*)'), first, change)).epsilon).toBeGreaterThan(epsilon)
})

describe('several aggregations give no more away than they cost together', () => {
  const units = 'SELECT region, count(DISTINCT person) AS n FROM patients'
  const slots = noisySlots({ unit: { maxRowsPerUnit: 2, maxGroupsPerUnit: 1 }, domain: ['Region 0'] })
  const alone = `${others} UNION ALL SELECT 5000, 'x', 119, 'Region 0', DATE '2020-01-01', 0, 0, 1, TRUE FROM range(100) t(i)`

  /** Whoever adds up both numbers knows more than from either. */
  async function found(statements: readonly NoiseStatement[]) {
    const adders = await Promise.all(
      statements.map(async (noise, i) => {
        const [without, more] = [await exactOver(noise, others), await exactOver(noise, alone)]
        const added = noiseAdder(noise, seededRandomness(`one of several ${i}`))
        return (database: 'with' | 'without') => added(database === 'with' ? more : without)
      }),
    )
    const at = (row: readonly (string | null)[] | undefined, i: number) => Math.round(Number(row?.at(i) ?? 0))
    const both = (database: 'with' | 'without') => adders.map((added) => at(added(database)[0], -3)).reduce((a, b) => a + b, 0)
    return (await audit((database) => BigInt(both(database)), options)).epsilon
  }

  test('counts and their total', async () => {
    const { noise } = await allowed(guard, slots, `${units} GROUP BY ROLLUP (region)`, { epsilon, delta: 0 })
    expect(await found(noise)).toBeLessThanOrEqual(epsilon)
  })

  test('the audit finds it where each of them spends the whole', async () => {
    const apart = [`${units} GROUP BY region`, 'SELECT count(DISTINCT person) AS n FROM patients']
    const each = await Promise.all(apart.map((one) => allowed(guard, slots, one, { epsilon, delta: 0 })))
    expect(await found(each.flatMap(({ noise }) => noise))).toBeGreaterThan(epsilon)
  })
})
