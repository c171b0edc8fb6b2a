import { compare, costOfAll, rational } from '@reinraum/privacy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { type Database, openDatabase, type Row } from '../testing/data.ts'
import { noisySlots, regions } from '../testing/noisy-patients.ts'
import { allowed, exactTexts, plenty, resultOfAll } from '../testing/noisy-room.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'

// Several aggregations over rows, or several groupings of one: each is measured with noise of its own, and all share what the query
// spends.

let guard: Guard
let database: Database
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase()
})
afterAll(async () => {
  database.close()
  await guard.close()
})

const slots = noisySlots({ unit: { maxRowsPerUnit: 40, maxGroupsPerUnit: 3 }, domain: regions })
const ask = (sql: string, privacy = plenty, of = slots) => allowed(guard, of, sql, privacy)

describe('with hardly any noise a result is that of plain SQL', () => {
  test.each([
    ['one aggregation after the other', 'SELECT count(*) AS n FROM patients UNION ALL SELECT count(*) AS n FROM pupils'],
    [
      'tables joined on a dimension',
      `WITH a AS (SELECT region, count(*) AS n FROM patients GROUP BY region),
        b AS (SELECT region, count(*) AS m FROM patients WHERE smoker GROUP BY region)
        SELECT a.region, n, m FROM a JOIN b ON a.region = b.region`,
    ],
    [
      'a share of a total',
      `WITH a AS (SELECT region, count(*) AS n FROM patients GROUP BY region), b AS (SELECT count(*) AS m FROM patients)
        SELECT region, n, (SELECT m FROM b) AS m FROM a`,
    ],
    [
      'rows within a bound that comes of a result',
      `WITH a AS (SELECT avg(age) AS m FROM patients)
        SELECT smoker, count(*) AS n FROM patients WHERE age > (SELECT m FROM a) GROUP BY smoker`,
    ],
    [
      'registers one after the other',
      'SELECT count(*) AS n, sum(v) AS v FROM (SELECT age AS v FROM patients UNION ALL SELECT grade AS v FROM pupils) q',
    ],
    ['totals', 'SELECT region, smoker, count(*) AS n, sum(visits) AS v FROM patients GROUP BY ROLLUP (region, smoker)'],
    [
      'sets that cross',
      'SELECT region, smoker, grouping(region) AS r, grouping(smoker) AS s, count(*) AS n FROM patients GROUP BY CUBE (region, smoker)',
    ],
    ['spreads of totals', 'SELECT region, stddev_pop(visits) AS v FROM patients GROUP BY GROUPING SETS ((region), ())'],
  ])('%s', async (_, sql) => {
    const verdict = await ask(sql)
    const own = verdict.plan.columns.flatMap(({ name }, i) => (/_(low|high)$/.test(name) ? [] : [i]))
    const noisy = (await resultOfAll(verdict, database, seededRandomness(sql))).map((row) => own.map((i) => row[i] ?? null))
    // nobody declared the region Alone, and people who did not say whether they smoke are in no declared group either
    const known = sql.includes('smoker')
      ? sql.replaceAll('FROM patients', 'FROM (SELECT * FROM patients WHERE smoker IS NOT NULL) p')
      : sql
    const exact = (await database.query(known)).filter((row) => !row.includes('Alone'))
    const columns = verdict.plan.columns.filter((_, i) => own.includes(i))
    expect(keyed(noisy, columns).map(([key]) => key)).toEqual(keyed(exact, columns).map(([key]) => key))
    for (const [i, [, numbers]] of keyed(noisy, columns).entries()) {
      for (const [at, number] of numbers.entries()) {
        const plain = keyed(exact, columns)[i]?.[1][at] ?? Number.NaN
        expect(Math.abs(number - plain)).toBeLessThan(150 + plain / 10)
      }
    }
  })
})

/** Texts and truths are keys, numbers values. */
function keyed(rows: readonly Row[], columns: readonly { readonly type: string; readonly name: string }[]) {
  const isKey = (i: number) => /VARCHAR|BOOLEAN/.test(columns[i]?.type ?? '') || ['r', 's'].includes(columns[i]?.name ?? '')
  return rows
    .map((row) => {
      const numbers = row.flatMap((value, i) => (isKey(i) ? [] : [Number(value)]))
      return [JSON.stringify(row.map((value, i) => (isKey(i) ? String(value) : ''))), numbers] as const
    })
    .sort(([a, [x = 0]], [b, [y = 0]]) => (a < b ? -1 : a > b ? 1 : x - y))
}

describe('all of them share what the query spends', () => {
  const totals = 'SELECT region, count(*) AS n FROM patients GROUP BY ROLLUP (region)'

  test('by their outputs', async () => {
    const { noise, report } = await ask(totals, { epsilon: 4, delta: 0 })
    // a count and the units, twice
    const shares = noise.map(({ plan }) => plan.columns.map((c) => Number(c.shares[0]?.amount)))
    expect(shares).toEqual([
      [1_000_000, 1_000_000],
      [1_000_000, 1_000_000],
    ])
    expect(noise.map(({ plan }) => plan.columns.map((c) => Number(c.sensitivity.l1)))).toEqual([
      [40, 1],
      [40, 3],
    ])
    expect(report.noise?.cells.map(({ groups }) => groups)).toEqual([[], ['region']])
  })

  test.each([
    ['discreteLaplace', 'basic'],
    ['discreteGaussian', 'basic'],
    ['discreteGaussian', 'zcdp'],
  ] as const)('%s noise under %s accounting, with thresholds that share δ', async (mechanism, accounting) => {
    const of = noisySlots({ domain: undefined, noise: { mechanism, accounting } })
    const spend = async (sql: string) =>
      costOfAll((await ask(sql, { epsilon: 2, delta: 1e-9 }, of)).noise.map(({ plan }) => plan))
    const [one, several] = [
      await spend('SELECT region, count(*) AS n FROM patients GROUP BY region'),
      await spend('SELECT region, smoker, count(*) AS n FROM patients GROUP BY CUBE (region, smoker)'),
    ]
    for (const of of ['epsilon', 'rho', 'delta'] as const) {
      const [less, most] = [several[of], one[of]]
      if (less === null || most === null) continue
      // scales and tails are rounded to more noise, a little differently for each
      expect(
        compare(less, { ...most, numerator: most.numerator * 1001n, denominator: most.denominator * 1000n }),
      ).toBeLessThanOrEqual(0)
      expect(compare(less, rational(0))).toBeGreaterThan(0)
    }
  })
})

test('what stands in a condition of a later one is a noisy number of an earlier one', async () => {
  const sql = `WITH a AS (SELECT avg(age) AS m FROM patients) SELECT m FROM a UNION ALL SELECT count(*) AS m FROM patients WHERE age > (SELECT m FROM a)`
  const verdict = await ask(sql, { epsilon: 3, delta: 0 })
  const [first, second] = verdict.noise
  expect(second?.cellsSql).toContain(first?.table)
  expect(second?.cellsSql).not.toContain('avg')
  const [[exact] = []] = await database.query('SELECT avg(age) FROM patients')
  let differed = 0
  for (let i = 0; i < 5; i++) {
    const found = (await resultOfAll(verdict, database, seededRandomness(`later ${i}`))).map(([m]) => Number(m))
    const [m = 0, n = 0] = found.sort((a, b) => a - b)
    const [[above] = []] = await database.query(`SELECT count(*) FROM patients WHERE age > ${m}`)
    if (Math.abs(m - Number(exact)) > 1) differed += 1
    // scale 120, and one may be far off
    expect(Math.abs(n - Number(above))).toBeLessThan(1200)
  }
  expect(differed).toBeGreaterThan(0)
})

test('one unit changes each grouping by no more than its noise is made for', async () => {
  const sql = 'SELECT region, smoker, count(*) AS n, sum(cost) AS c FROM patients GROUP BY CUBE (region, smoker)'
  const own = noisySlots({ unit: { maxRowsPerUnit: 3, maxGroupsPerUnit: 2 } })
  const { noise } = await ask(sql, plenty, own)
  const others = "SELECT i, 'x', 50, 'Region ' || i % 5, DATE '2020-01-01', 10, 1, 50, i % 2 = 0 FROM range(20) t(i)"
  const lone = "SELECT 5000, 'x', 50, 'Region ' || i % 5, DATE '2020-01-01', 1e9, 1e9, 50, i % 3 = 0 FROM range(100) t(i)"
  const slot = own.filter(({ id }) => id === 'patients')
  const [without, more] = await Promise.all(
    [others, `${others} UNION ALL ${lone}`].map((rows) => openDatabase(slot.map((of) => ({ slot: of, rows })))),
  )
  if (without === undefined || more === undefined) throw new Error('there are two databases')
  expect(noise).toHaveLength(4)
  for (const statement of noise) {
    const cells = async (from: Database) =>
      new Map(
        (await exactTexts(from, statement)).cells.map((row) => [
          row.slice(0, statement.groups).join(),
          row.slice(statement.groups),
        ]),
      )
    const [before, after] = [await cells(without), await cells(more)]
    for (const [i, { sensitivity }] of statement.plan.columns.entries()) {
      const moved = [...after].map(([key, row]) => Math.abs(Number(row[i]) - Number(before.get(key)?.[i] ?? 0)))
      const l1 = moved.reduce((a, b) => a + b, 0)
      expect(l1).toBeGreaterThan(0)
      expect(l1).toBeLessThanOrEqual(Number(sensitivity.l1))
    }
  }
  without.close()
  more.close()
})
