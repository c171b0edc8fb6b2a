import { discreteLaplaceSampler } from '@reinraum/privacy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { type Database, openDatabase, type Row, readable } from '../testing/data.ts'
import { empty, noisySlots, regions } from '../testing/noisy-patients.ts'
import { allowedWithNoise, exactTexts, plenty, resultOf } from '../testing/noisy-room.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { addNoise, noiseAdder } from './add-noise.ts'

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

type Changes = Parameters<typeof noisySlots>[0]
const many = { unit: { maxRowsPerUnit: 40, maxGroupsPerUnit: 2 } }

/** As patients have them, but for one whose region nobody declared. */
const ordinary = { unit: { maxRowsPerUnit: 4, maxGroupsPerUnit: 1 } }

const ask = (sql: string, changes: Changes = many, privacy = plenty) => allowedWithNoise(guard, noisySlots(changes), sql, privacy)

async function run(sql: string, changes: Changes = many, privacy = plenty, seed = 'a result'): Promise<readonly Row[]> {
  const allowed = await ask(sql, changes, privacy)
  return resultOf(allowed, await exactTexts(database, allowed.noise), seededRandomness(seed))
}

const named = `region IN (${regions.map((r) => `'${r}'`).join(', ')})`
const clampedCost = 'least(greatest(cost, 0), 100000)'

/** The same by hand: clamped, and of the declared groups only. */
const clamped = `(SELECT * REPLACE (${clampedCost} AS cost) FROM patients) p`

const allRows = { unit: { maxRowsPerUnit: 40, maxGroupsPerUnit: 40 }, stated: { patients: 40, pupils: 1 } }

describe.each([
  ['nothing is stated', ordinary, many, 1],
  [
    'as many rows of a unit are stated as there are',
    { ...ordinary, stated: allRows.stated },
    { ...many, stated: allRows.stated },
    1,
  ],
  ['as many are stated as the rules let count', allRows, allRows, 10],
])('with hardly any noise a result is that of plain SQL where %s', (_, ofOneRegion, ofSeveral, wide) => {
  test.each([
    [
      'counts, sums and means',
      'region, count(*) AS n, count(age) AS k, sum(age) AS a, avg(visits) AS v FROM patients GROUP BY region',
      named,
    ],
    ['units', 'region, count(DISTINCT person) AS p FROM patients GROUP BY region', named],
    ['decimals', 'smoker, sum(cost) AS c, avg(cost) AS m FROM patients GROUP BY smoker', 'smoker IS NOT NULL'],
    ['variances', 'region, variance(visits) AS v, stddev_pop(score) AS s FROM patients GROUP BY region', named],
    [
      'conditions',
      "'all', count(*) FILTER (WHERE region = 'Region 1') AS n, sum(CASE WHEN smoker THEN visits END) AS v FROM patients",
      'true',
    ],
    ['values of rows under a condition', "'all', count(DISTINCT person) FILTER (WHERE smoker) AS p FROM patients", 'true'],
    ['expressions', "'all', sum(cost * 2 + visits) AS c FROM patients", 'true'],
    ['joins', "'all', count(*) AS n, sum(q.grade) AS g FROM patients p JOIN pupils q ON p.person = q.pupil", 'true'],
    [
      'rows per unit',
      "'all', count(*) AS n, sum(often) AS rows FROM (SELECT person, count(*) AS often FROM patients GROUP BY person) q",
      'true',
    ],
  ])('%s', async (_, sql, where) => {
    const rows = await run(`SELECT ${sql}`, where === named ? ofOneRegion : ofSeveral)
    const own = sql
      .replace('FROM patients GROUP', `FROM ${clamped} WHERE ${where} GROUP`)
      .replace('FROM patients p ', `FROM ${clamped} `)
    const exact = new Map((await database.query(`SELECT ${own}`)).map(([key, ...values]) => [String(key), values.map(Number)]))
    expect(
      rows
        .map(([key]) => String(key))
        .filter((key) => key !== empty)
        .sort(),
    ).toEqual([...exact.keys()].sort())
    for (const [key, ...numbers] of rows) {
      for (const [i, value] of (exact.get(String(key)) ?? []).entries()) {
        const [noisy, low, high] = numbers.slice(3 * i, 3 * i + 3).map(Number) as [number, number, number]
        expect(Math.abs(noisy - value)).toBeLessThanOrEqual(high - low + 1e-6)
        expect(high - low).toBeLessThan(wide * (25 + Math.abs(value) / 4))
      }
    }
  })
})

test('the result says of each number what the exact one may be, beside it', async () => {
  const allowed = await ask(
    'SELECT region, count(*) AS n, count(*) + 1 AS more, median(age) AS m FROM patients GROUP BY region ORDER BY n',
  )
  expect(allowed.plan.columns.map(({ name }) => name)).toEqual(['region', 'n', 'n_low', 'n_high', 'more', 'm'])
  const distinct = await ask('SELECT DISTINCT count(*) AS n FROM patients GROUP BY region')
  expect(distinct.plan.columns.map(({ name }) => name)).toEqual(['n'])
  expect(allowed.report.noise?.cells[0]?.outputs.map(({ columns }) => columns)).toEqual([['n', 'more'], ['m']])
})

test('what stands above the cells sees noisy values only', async () => {
  const sql = `WITH a AS (SELECT region, count(*) AS n FROM patients GROUP BY region HAVING count(*) > 0)
    SELECT region, n, rank() OVER (ORDER BY n DESC, region) AS r, round(100.0 * n / (SELECT sum(n) FROM a), 6) AS share FROM a ORDER BY n DESC, region LIMIT 3`
  const rows = await run(sql, many, { epsilon: 1, delta: 0 })
  const share = rows.map(([, n, , s]) => Number(s) / Number(n))
  expect(rows.map(([, , r]) => Number(r))).toEqual([1, 2, 3])
  expect(Math.max(...share) - Math.min(...share)).toBeLessThan(1e-5)
})

test('every declared group gets noise, also one without rows, and none that nobody declared', async () => {
  const allowed = await ask(
    'SELECT region, count(*) AS n FROM patients GROUP BY region',
    { noise: {}, unit: { maxRowsPerUnit: 4, maxGroupsPerUnit: 4 } },
    { epsilon: 0.01, delta: 0 },
  )
  const exact = await exactTexts(database, allowed.noise)
  expect(exact.cells.map(([region]) => region).sort()).toEqual([...regions].sort())
  const seen = new Set<string>()
  for (let i = 0; i < 8; i++)
    for (const [region] of await resultOf(allowed, exact, seededRandomness(`groups ${i}`))) seen.add(String(region))
  expect([...seen].sort()).toEqual([...regions, empty].sort())
})

test('the mean of many results is the exact one', async () => {
  const allowed = await ask(
    'SELECT count(*) AS n, sum(visits) AS v FROM patients',
    { unit: { maxRowsPerUnit: 4 } },
    { epsilon: 1, delta: 0 },
  )
  const exact = await exactTexts(database, allowed.noise)
  const added = noiseAdder(allowed.noise, seededRandomness('the mean'))
  const results = Array.from({ length: 2000 }, () => added(exact)[0] ?? [])
  // four rows of the 40 that one has, and all of the others
  const [[n, v] = []] = await database.query('SELECT count(*) + 4, sum(visits) + 12 FROM patients WHERE person <> 5000')
  const mean = (at: number) => results.reduce((sum, row) => sum + Number(row[at]), 0) / results.length
  // standard errors: √2·12/√2000 and √2·600/√2000
  expect(Math.abs(mean(0) - Number(n))).toBeLessThan(4 * 0.38)
  expect(Math.abs(mean(3) - Number(v))).toBeLessThan(4 * 19)
})

test('intervals hold the exact number at least 19 times in 20', async () => {
  const sql =
    'SELECT region, count(*) AS n, sum(cost) AS c, avg(cost) AS mean, stddev(cost) AS spread FROM patients GROUP BY region'
  for (const mechanism of ['discreteLaplace', 'discreteGaussian'] as const) {
    const allowed = await ask(sql, { noise: { mechanism }, ...many }, { epsilon: 5, delta: 1e-7 })
    const exact = await exactTexts(database, allowed.noise)
    const plain = await database.query(
      `SELECT region, count(*), sum(x), avg(x), stddev(x) FROM (SELECT *, ${clampedCost} AS x FROM patients) q WHERE ${named} GROUP BY 1`,
    )
    const truth = new Map(plain.map(([region, ...values]) => [String(region), values.map(Number)]))
    const added = noiseAdder(allowed.noise, seededRandomness(`intervals ${mechanism}`))
    const inside = [0, 0, 0, 0]
    let cells = 0
    for (let i = 0; i < 80; i++) {
      for (const [region, ...texts] of added(exact)) {
        const values = truth.get(String(region))
        if (values === undefined) continue
        cells += 1
        for (const [at, value] of values.entries()) {
          const [low, high] = [Number(texts[at * 3 + 1]), Number(texts[at * 3 + 2])]
          if (low - 1e-6 <= value && value <= high + 1e-6) inside[at] = (inside[at] ?? 0) + 1
        }
      }
    }
    expect(cells).toBeGreaterThan(1000)
    // less four standard deviations
    for (const held of inside) expect(held / cells).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / cells))
  }
})

describe('groups of the data', () => {
  const sql = 'SELECT region, count(DISTINCT person) AS n FROM patients GROUP BY region'
  const spending = { epsilon: 1, delta: 1e-9 }
  const changes = { domain: undefined, unit: { maxRowsPerUnit: 4, maxGroupsPerUnit: 1 } }

  test('show no group of one unit', async () => {
    const allowed = await ask(sql, changes, spending)
    expect(allowed.report.noise?.cells[0]?.tau).toBeGreaterThan(15)
    const exact = await exactTexts(database, allowed.noise)
    expect(exact.cells.map(([region]) => region)).toContain('Alone')
    const added = noiseAdder(allowed.noise, seededRandomness('tau'))
    const shown = Array.from({ length: 500 }, () => added(exact).map(([region]) => region)).flat()
    expect(shown).not.toContain('Alone')
    expect(new Set(shown).size).toBe(13)
  })

  test('are hidden as well where their rule asks for more units than that', async () => {
    expect((await run(sql, { ...changes, output: { minimumGroupSize: 50 } }, spending)).length).toBe(0)
  })
})

test('a group is left out by its noisy number of units, not by the exact one', async () => {
  const sql = 'SELECT region, count(DISTINCT person) AS n FROM patients GROUP BY region'
  const rows = await run(
    sql,
    { unit: { maxGroupsPerUnit: 1 }, output: { minimumGroupSize: 23 } },
    { epsilon: 0.2, delta: 0 },
    'the threshold',
  )
  expect(rows.length).toBeGreaterThan(3)
  expect(rows.length).toBeLessThan(13)
  for (const [, n] of rows) expect(Number(n)).toBeGreaterThanOrEqual(23)
})

test('numbers are multiples of the rounding, and intervals hold what was rounded away', async () => {
  const rows = await run(
    'SELECT region, count(*) AS n, avg(age) AS a FROM patients GROUP BY region',
    { ...many, output: { rounding: 5 } },
    { epsilon: 50, delta: 0 },
  )
  for (const row of rows) {
    const [n, low, high, a] = row.slice(1).map(Number) as [number, number, number, number]
    expect([n % 5, low % 5, high % 5, a % 5]).toEqual([0, 0, 0, 0])
    expect(low).toBeLessThanOrEqual(n)
    expect(high).toBeGreaterThanOrEqual(n)
  }
})

test('a median is one of the middle values, and a quantile further up', async () => {
  const rows = await run(
    'SELECT median(age) AS m, quantile_cont(age, 0.9) AS q FROM patients',
    { unit: { maxRowsPerUnit: 4 } },
    { epsilon: 20, delta: 0 },
  )
  const [[m, q] = []] = await database.query('SELECT median(age), quantile_cont(age, 0.9) FROM patients')
  const [[noisyM, noisyQ] = []] = rows
  expect(Math.abs(Number(noisyM) - Number(m))).toBeLessThan(4)
  expect(Math.abs(Number(noisyQ) - Number(q))).toBeLessThan(4)
})

test('noise is of the scale that the plan says, and of no other', async () => {
  const allowed = await ask('SELECT count(*) AS n FROM patients', { unit: { maxRowsPerUnit: 4 } }, { epsilon: 1, delta: 0 })
  const exact = await exactTexts(database, allowed.noise)
  const column = allowed.noise.plan.columns[0]
  if (column === undefined) throw new Error('a count is a column')
  const own = discreteLaplaceSampler(column.scale, seededRandomness('alone'))
  const [[noisy] = []] = addNoise(allowed.noise, exact, seededRandomness('alone'))
  expect(BigInt(String(noisy))).toBe(BigInt(String(exact.cells[0]?.[0])) + own())
  expect(readable([[String(noisy)]])).not.toEqual(readable([[String(exact.cells[0]?.[0])]]))
})
