import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { type Database, openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowedWithNoise, exactTexts, plenty } from '../testing/noisy-room.ts'

// Numbering the rows of few units gives the same as numbering all rows: windows over everything, written by hand, are compared with
// what the guard writes. Costs are up to a million and arbitrary, so equal sums are of equal rows.

const rows = {
  // units have from one row to a hundred; equal rows, and missing units, groups and values are among them; some have as many
  // rows in as many groups as a bound says
  patients: `SELECT CASE WHEN hash(i, 1) % 23 = 0 THEN NULL ELSE (hash(i, 2) % 20) * (hash(i, 20) % 20) END, 'n', hash(i, 3) % 90,
      CASE WHEN hash(i, 4) % 19 = 0 THEN NULL ELSE 'Region ' || hash(i, 5) % 13 END, DATE '2020-01-01' + (hash(i, 6) % 400)::INTEGER,
      CASE WHEN hash(i, 7) % 11 = 0 THEN NULL WHEN hash(i, 7) % 11 = 1 THEN 5 ELSE (hash(i, 8) % 10000000) / 100.0 END,
      0, hash(i, 9) % 3, CASE hash(i, 10) % 3 WHEN 0 THEN TRUE WHEN 1 THEN FALSE END FROM range(2000) t(i)
    UNION ALL SELECT 5000 + n, 'n', 40, 'Region ' || i, DATE '2020-01-01', i, 0, 1, TRUE FROM range(1, 9) s(n), range(9) t(i) WHERE i < n`,
  pupils: `SELECT CASE WHEN hash(i, 11) % 7 = 0 THEN NULL ELSE (hash(i, 12) % 20) * (hash(i, 21) % 20) END, 'School ' || hash(i, 13) % 3,
      hash(i, 14) % 20, hash(i, 15) % 100 FROM range(60) t(i)`,
}

let guard: Guard
let database: Database
beforeAll(async () => {
  guard = await createGuard()
  const own = noisySlots().flatMap((slot) =>
    slot.id === 'patients' || slot.id === 'pupils' ? [{ slot, rows: rows[slot.id] }] : [],
  )
  database = await openDatabase(own)
})
afterAll(async () => {
  database.close()
  await guard.close()
})

type Unit = { readonly maxRowsPerUnit: number; readonly maxGroupsPerUnit: number }

interface Windows {
  readonly units: readonly string[]
  /** the column of the group; null without groups */
  readonly group: string | null
  /** all columns that are read */
  readonly content: string
}

/** All rows are numbered by a hash of unit and content: groups first, then rows of those that stay. */
function windows(rows: string, { units, group, content }: Windows, { maxRowsPerUnit, maxGroupsPerUnit }: Unit): string {
  const rank = (unit: string) => `dense_rank() OVER (PARTITION BY ${unit} ORDER BY hash(${unit}, ${group}), ${group})`
  const row = (unit: string) => `row_number() OVER (PARTITION BY ${unit} ORDER BY hash(${unit}, ${content}), ${content})`
  const ofGroups = group === null ? rows : numbered(rows, units.map(rank), units, maxGroupsPerUnit)
  return numbered(ofGroups, units.map(row), units, maxRowsPerUnit)
}

function numbered(of: string, numbers: readonly string[], units: readonly string[], most: number): string {
  const list = numbers.map((number, i) => `${number} AS k${i}`).join(', ')
  const stays = units.map((unit, i) => `(${unit} IS NULL OR k${i} <= ${most})`).join(' AND ')
  return `(SELECT * EXCLUDE (${units.map((_, i) => `k${i}`).join()}) FROM (SELECT *, ${list} FROM ${of}) WHERE ${stays})`
}

const cellsOf = async (sql: string, unit: Unit) => {
  const slots = noisySlots({ unit, domain: undefined })
  const { noise } = await allowedWithNoise(guard, slots, sql, plenty)
  const { cells, histograms } = await exactTexts(database, noise)
  return {
    names: noise.plan.columns.map(({ name }) => name),
    cells: [...cells].sort(),
    histograms: histograms.flat(),
  }
}
const expected = async (sql: string) =>
  (await database.query(sql)).map((row) => row.map((v) => (v === null ? null : String(v)))).sort()

const clamp = 'CASE WHEN c < 0 THEN 0 WHEN c > 100000 THEN 100000 ELSE c END'
const bounds: readonly Unit[] = [
  { maxRowsPerUnit: 1, maxGroupsPerUnit: 1 },
  { maxRowsPerUnit: 6, maxGroupsPerUnit: 3 },
  { maxRowsPerUnit: 3, maxGroupsPerUnit: 6 },
  { maxRowsPerUnit: 8, maxGroupsPerUnit: 8 },
  { maxRowsPerUnit: 20, maxGroupsPerUnit: 20 },
]

describe.each(bounds)(
  'with $maxRowsPerUnit rows and $maxGroupsPerUnit groups of a unit the rows that stay are those of windows over all rows',
  (unit) => {
    test('in groups', async () => {
      const found = await cellsOf(
        'SELECT region, count(*) AS n, count(DISTINCT person) AS p, sum(cost) AS s FROM patients GROUP BY region',
        unit,
      )
      const of = '(SELECT region AS g, person AS u, cost AS c FROM patients WHERE person IS NOT NULL)'
      const kept = windows(of, { units: ['u'], group: 'g', content: 'g, u, c' }, unit)
      expect(found.names).toEqual(['rows all', 'units', 'sum cost'])
      expect(found.cells).toEqual(
        await expected(
          `SELECT g, count(*), count(DISTINCT u), coalesce(sum(${clamp}) * 100, 0)::HUGEINT FROM ${kept} GROUP BY g`,
        ),
      )
    })

    test('under conditions, without groups', async () => {
      const found = await cellsOf(
        'SELECT count(*) FILTER (WHERE smoker) AS n, sum(CASE WHEN smoker THEN cost END) AS s FROM patients',
        unit,
      )
      const of = '(SELECT person AS u, smoker AS f, cost AS c FROM patients WHERE person IS NOT NULL)'
      const kept = windows(of, { units: ['u'], group: null, content: 'u, f, c' }, unit)
      const [[n, s] = []] = await expected(
        `SELECT count(*) FILTER (WHERE f), (sum(${clamp}) FILTER (WHERE f) * 100)::HUGEINT FROM ${kept}`,
      )
      const at = (name: string) => found.cells[0]?.[found.names.indexOf(name)]
      expect([at('rows all where'), at('sum cost where')]).toEqual([n, s])
    })

    test('of a median', async () => {
      const found = await cellsOf('SELECT region, median(age) AS m FROM patients GROUP BY region', unit)
      const of = '(SELECT region AS g, person AS u, age AS c FROM patients WHERE person IS NOT NULL)'
      const kept = windows(of, { units: ['u'], group: 'g', content: 'g, u, c' }, unit)
      expect([...found.histograms].sort()).toEqual(await expected(`SELECT g, c, count(*) FROM ${kept} GROUP BY ALL`))
    })

    const both = '(SELECT DISTINCT pupil FROM pupils) q'
    test.each([
      ['an outer join', `LEFT JOIN (SELECT pupil, sum(grade) AS g FROM pupils GROUP BY pupil) q`, `LEFT JOIN ${both}`, ['u']],
      ['a join of two datasets with bounds', 'JOIN pupils q', 'JOIN pupils', ['u', 'v']],
    ])('of %s', async (_, join, own, units) => {
      const sql = `SELECT region, count(*) AS n, sum(cost) AS s FROM patients p ${join} ON p.person = q.pupil GROUP BY region`
      const { names, cells } = await cellsOf(sql, unit)
      const of = `(SELECT region AS g, person AS u, pupil AS v, cost AS c FROM patients ${own} ON person = pupil WHERE person IS NOT NULL)`
      const kept = windows(of, { units, group: 'g', content: `g, ${units.join(', ')}, c` }, unit)
      const at = (name: string) => names.indexOf(name) + 1
      expect(cells.map((row) => [row[0], row[at('rows all')], row[at('sum cost')]])).toEqual(
        await expected(`SELECT g, count(*), coalesce(sum(${clamp}) * 100, 0)::HUGEINT FROM ${kept} GROUP BY g`),
      )
    })
  },
)

test('rows are kept whatever the order of the rows and the number of threads', async () => {
  const sql = 'SELECT region, count(*) AS n, sum(cost) AS s, avg(visits) AS v FROM patients GROUP BY region'
  const run = async () => (await cellsOf(sql, { maxRowsPerUnit: 3, maxGroupsPerUnit: 2 })).cells
  const first = await run()
  expect(first.length).toBe(14)
  for (const order of ['cost', 'hash(person, cost)']) {
    await database.query(`CREATE OR REPLACE TABLE patients AS SELECT * FROM patients ORDER BY ${order}`)
    await database.query('SET threads = 4')
    expect(await run()).toEqual(first)
    await database.query('SET threads = 1')
  }
})
