import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase, readable, secret } from './testing/data.ts'
import { type Honest, setOperations } from './testing/honest/set-operations.ts'
import { subqueries } from './testing/honest/subqueries.ts'
import { summaries } from './testing/honest/summaries.ts'
import { windows } from './testing/honest/windows.ts'
import { slots } from './testing/slots.ts'

// What analysts do with results: every query stands beside the plain SQL that gives the same, the threshold by hand.

const queries: Readonly<Record<string, readonly Honest[]>> = {
  'set operations': setOperations,
  subqueries,
  aggregates: summaries,
  windows,
}

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

for (const [what, statements] of Object.entries(queries)) {
  describe(`${what} over results give what plain SQL gives, apart from suppression:`, () => {
    for (const [asks, sql, byHand] of statements) {
      test(asks, async () => {
        const rows = readable(await database.query(await rewritten(sql)))
        expect(rows).toEqual(readable(await database.query(byHand)))
        expect(rows.length).toBeGreaterThan(0)
        for (const hidden of [secret, 'Lonely', 'Alone', 'Hermit']) expect(rows.join('\n')).not.toContain(hidden)
      })
    }
  })
}

describe('what is computed from results', () => {
  const groups = 'SELECT age, smoker, count(*) AS n, avg(score) AS score, sum(cost) AS cost FROM patients GROUP BY ALL'

  test('has equal bytes however rows are ordered, with four threads', async () => {
    const sql = await rewritten(`WITH g AS (${groups})
      SELECT age, smoker, row_number() OVER (ORDER BY n) AS a, lag(score) OVER (ORDER BY n) AS b, sum(score) OVER (PARTITION BY n) AS c,
        sum(score) OVER (ORDER BY n) AS d, avg(score) OVER (ORDER BY n ROWS 3 PRECEDING) AS e, ntile(7) OVER () AS f,
        (SELECT sum(score) FROM g) AS g, (SELECT stddev(score) FROM g) AS h, (SELECT arg_max(age, n) FROM g) AS i FROM g`)
    await database.query('SET threads = 4')
    const run = async () => JSON.stringify((await database.query(sql)).map((row) => row.map(String)))
    const first = await run()
    for (const order of ['score', 'cost DESC', 'hash(person, score)', 'hash(score)']) {
      await database.query(`CREATE OR REPLACE TABLE patients AS SELECT * FROM patients ORDER BY ${order}`)
      expect(await run()).toBe(first)
    }
  })

  test('is NULL and never an error where numbers are too large', async () => {
    const large: readonly string[] = [
      "sum(CASE WHEN n > 0 THEN '90000000000000000000000000000000000000'::DECIMAL(38,0) END)",
      'avg((n * 1e30)::DECIMAL(38,0))',
      'sum(n * 1e300)',
      'avg(n * 1e300)',
      'stddev(n * 1e200)',
      "var_pop(CASE WHEN n > 2 THEN 'infinity'::DOUBLE ELSE 'nan'::DOUBLE END)",
    ]
    for (const call of large) {
      expect(await database.query(await rewritten(`SELECT ${call} AS x FROM (${groups}) q`)), call).toEqual([[null]])
      const [row] = await database.query(
        await rewritten(`SELECT ${call} OVER (ORDER BY n) AS x FROM (${groups}) q ORDER BY n DESC LIMIT 1`),
      )
      expect(row, call).toEqual([null])
    }
    const edges = `SELECT count(*) OVER (ORDER BY n * 900000000000000000 RANGE BETWEEN 9223372036854775807 PRECEDING AND 1 FOLLOWING) AS a,
      count(*) OVER (ORDER BY score * 1e308 DESC RANGE BETWEEN 1e308 PRECEDING AND CURRENT ROW) AS b FROM (${groups}) q`
    await expect(database.query(await rewritten(edges))).resolves.toBeDefined()
  })
})
