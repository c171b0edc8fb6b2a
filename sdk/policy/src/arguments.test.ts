import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase, readable } from './testing/data.ts'
import { slots } from './testing/slots.ts'

// What may stand inside an aggregate: arithmetic, CASE and FILTER. Beside each query, plain SQL with the thresholds
// written by hand: enough people on both sides of a condition, or NULL.

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

async function rewritten(sql: string): Promise<string> {
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return verdict.rewrittenSql
}

const people = 'HAVING count(DISTINCT person) >= 5'

/** The value, where at least five people are on each side. */
const split = (value: string, condition: string) =>
  `CASE WHEN count(DISTINCT person) FILTER (WHERE ${condition}) >= 5
         AND count(DISTINCT person) FILTER (WHERE (${condition}) IS NOT TRUE) >= 5 THEN ${value} END`

type Case = readonly [asks: string, sql: string, byHand: string]
const cases: readonly Case[] = [
  [
    'a product of prices and shares, exactly',
    'SELECT region, sum(cost * (1 - 0.05) * (1 + visits)) AS s FROM patients GROUP BY 1',
    `SELECT region, sum(cost * 0.95 * (1 + visits)) FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'a mean of a sum of columns',
    'SELECT region, avg(age + visits) AS m, avg(-score) AS n FROM patients GROUP BY 1',
    `SELECT region, avg(age + visits), avg(-score) FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'divided values and squares',
    'SELECT sum(score / 4) AS a, sum(cost / 3) AS b, avg((score - 3.5) * 2) AS c, sum(age * age / 8) AS d, sum(cost::DOUBLE) AS e FROM patients',
    'SELECT sum(score / 4), sum(cost / 3), avg((score - 3.5) * 2), sum(age * age / 8), sum(cost) FROM patients',
  ],
  [
    'counts and sums of a part, written in every way',
    `SELECT region, count(*) FILTER (WHERE smoker) AS a, count_if(smoker) AS b, sum(CASE WHEN smoker THEN 1 ELSE 0 END) AS c,
       count(CASE WHEN smoker THEN 1 END) AS d, sum(smoker::INTEGER) AS e, sum(cost) FILTER (WHERE smoker) AS f,
       sum(CASE WHEN smoker THEN cost ELSE 0 END) AS g FROM patients GROUP BY 1`,
    `SELECT region, n, n, n, n, n, c, c FROM (SELECT region, ${split('count(*) FILTER (WHERE smoker)', 'smoker')} AS n,
       ${split('sum(cost) FILTER (WHERE smoker)', 'smoker')} AS c FROM patients GROUP BY 1 ${people}) ORDER BY 1`,
  ],
  [
    'people, means, medians and spreads of a part',
    `SELECT age // 20 AS g, count(DISTINCT person) FILTER (WHERE region < 'Region 5') AS a, avg(cost) FILTER (WHERE region < 'Region 5') AS b,
       median(age) FILTER (WHERE region < 'Region 5') AS c, stddev(score) FILTER (WHERE region < 'Region 5') AS d FROM patients GROUP BY 1`,
    `SELECT age // 20, ${['count(DISTINCT person)', 'avg(cost)', 'median(age)', 'stddev(score)']
      .map((a) => split(`${a} FILTER (WHERE region < 'Region 5')`, "region < 'Region 5'"))
      .join(', ')} FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'a share by a mean of ones and zeros',
    "SELECT region, avg(CASE WHEN admitted < '2019-09-01' THEN 1.0 ELSE 0 END) AS share FROM patients GROUP BY 1",
    `SELECT region, ${split("avg(CASE WHEN admitted < '2019-09-01' THEN 1.0 ELSE 0 END)", "admitted < '2019-09-01'")}
     FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'a share of revenue, as TPC-H 14 asks',
    "SELECT 100.00 * sum(CASE WHEN region = 'Region 1' THEN cost * (1 - 0.1) ELSE 0 END) / sum(cost * (1 - 0.1)) AS share FROM patients",
    `SELECT 100.00 * sum(cost * 0.9) FILTER (WHERE region = 'Region 1') / sum(cost * 0.9) FROM patients`,
  ],
  [
    'weights by several branches',
    'SELECT sum(CASE WHEN age < 18 THEN 1 WHEN age < 65 THEN cost * 2 ELSE cost END) AS s FROM patients',
    'SELECT sum(CASE WHEN age < 18 THEN 1 WHEN age < 65 THEN cost * 2 ELSE cost END) FROM patients',
  ],
  [
    'coalesce with zero in a sum',
    'SELECT region, sum(coalesce(cost, 0)) AS s FROM patients GROUP BY 1',
    `SELECT region, sum(cost) FROM patients GROUP BY 1 ${people} ORDER BY 1`,
  ],
]

describe('inside an aggregate', () => {
  for (const [asks, sql, byHand] of cases) {
    test(asks, async () => {
      const rows = readable(await database.query(await rewritten(sql)))
      expect(rows).toEqual(readable(await database.query(byHand)))
      expect(rows.length).toBeGreaterThan(0)
      expect(rows.join().replaceAll('NULL', '').length).toBeGreaterThan(rows.length)
    })
  }

  test('a condition that one person fulfils gives what one that nobody fulfils gives', async () => {
    const ask = async (condition: string) =>
      database.query(
        await rewritten(`SELECT count(*) AS n, count(*) FILTER (WHERE ${condition}) AS a, sum(CASE WHEN ${condition} THEN cost ELSE 0 END) AS b,
          avg(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS c, count(DISTINCT person) FILTER (WHERE ${condition}) AS d FROM patients`),
      )
    const one = await ask("age = 33 AND region = 'Alone'")
    expect(one).toEqual(await ask("age = 33 AND region = 'Nowhere'"))
    expect(one).toEqual([[1240n, null, null, null, null]])
  })

  test('a condition that all but one person fulfil gives what one that all fulfil gives', async () => {
    const ask = async (condition: string) =>
      database.query(
        await rewritten(`SELECT count(*) FILTER (WHERE ${condition}) AS a, sum(CASE WHEN ${condition} THEN cost ELSE 0 END) AS b,
          avg(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS c FROM patients`),
      )
    const allButOne = await ask("region <> 'Alone'")
    expect(allButOne).toEqual(await ask("region <> 'Nowhere'"))
    expect(allButOne).toEqual([[null, null, null]])
  })

  test('columns are cut to their bounds before they are computed with', async () => {
    const clamp = 'CASE WHEN cost > 100000 THEN 100000 ELSE cost END * CASE WHEN visits > 50 THEN 50 ELSE visits END'
    await database.query("INSERT INTO patients SELECT i, 'x', 40, 'Edge', NULL, 9999999, 'nan', 9999, NULL FROM range(9) t(i)")
    const sql = "SELECT sum(cost * visits) AS a, sum(score * 2) AS b FROM patients WHERE region = 'Edge'"
    const [row] = await database.query(await rewritten(sql))
    const [plain] = await database.query(`SELECT sum(${clamp}), 1800 FROM patients WHERE region = 'Edge'`)
    await database.query("DELETE FROM patients WHERE region = 'Edge'")
    expect(row?.map(Number)).toEqual(plain?.map(Number))
  })

  test('equal bytes come out however rows are ordered', async () => {
    const sql = await rewritten(
      'SELECT region, sum(score * age) AS a, avg(score / 3) AS b, sum(cost * score) FILTER (WHERE smoker) AS c FROM patients GROUP BY 1',
    )
    const run = async () => JSON.stringify((await database.query(sql)).map((row) => row.map(String)))
    const first = await run()
    for (const order of ['score', 'hash(person, score)']) {
      await database.query(`CREATE OR REPLACE TABLE patients AS SELECT * FROM patients ORDER BY ${order}`)
      expect(await run()).toBe(first)
    }
  })
})
