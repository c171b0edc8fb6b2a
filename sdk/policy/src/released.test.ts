import type { Parameter } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase, readable, secret } from './testing/data.ts'
import { functions } from './testing/honest/functions.ts'
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
  functions,
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

  test('is ordered by no column of a public dataset that the query does not name', async () => {
    const sql = await rewritten('SELECT city, row_number() OVER (ORDER BY state) AS r FROM airports WHERE iata <> name')
    expect(sql).toMatch(/ORDER BY t0.state [A-Z ]+, t0.iata [A-Z ]+, t0."name" [A-Z ]+, t0.city [A-Z ]+, t0.state/)
  })

  test('names every column of a public dataset that it needs', async () => {
    const asked = [
      `SELECT max(a.city) AS m FROM airports a JOIN (SELECT region, count(*) AS n FROM patients GROUP BY 1) q ON a.name = q.region WHERE a.iata <> 'x' GROUP BY a.state`,
      'SELECT a.name AS m FROM airports a QUALIFY row_number() OVER (PARTITION BY a.state ORDER BY a.city) = 1 ORDER BY a.iata',
    ]
    for (const sql of asked) {
      const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
      if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
      const airports = verdict.plan.slots.find((s) => s.id === 'airports')
      expect(airports?.columns, sql).toEqual(['iata', 'name', 'city', 'state'])
      for (const hidden of ['country', 'latitude', 'rank']) expect(verdict.rewrittenSql).not.toContain(`t0.${hidden}`)
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

describe('functions', () => {
  test('never fail, whatever stands in a column', async () => {
    await database.query(`INSERT INTO patients SELECT i, 'x', 2147483647 - i, r, d::DATE, 0, 'nan', 0, NULL FROM range(9) t(i),
      (VALUES (''), (NULL), (repeat('ab%_', 200)), ('é\u{1f980}')) v(r), (VALUES ('infinity'), ('-infinity'), ('5877642-06-25 (BC)'), ('5881580-07-10')) w(d)`)
    const calls = [
      'admitted + INTERVAL 1000000 YEAR',
      'admitted - INTERVAL 9999999 MONTH',
      'admitted + 2147483647',
      "admitted - DATE '0001-01-01'",
      "date_diff('century', DATE '0001-01-01', admitted)",
      "date_sub('day', DATE '9999-12-31', admitted)",
      "time_bucket(INTERVAL '3 months', admitted)",
      'make_date(age, age, age)',
      'epoch(admitted)',
      "date_part('yearweek', admitted)",
      "strptime(region, '%Y')",
      "lpad(region, 1000, '')",
      "lpad(region, -5, 'x')",
      "split_part(region, '', -3)",
      "regexp_extract(region, '(a)?(b)', 2)",
      "regexp_replace(region, '', 'xyz', 'g')",
      "replace(region, '', 'x')",
      "region LIKE '%a%b%_'",
      'exp(age)',
      'power(age, age)',
      'age ^ 0.5',
      'log2(age - age)',
      'greatest(age, 1.5)',
      'reverse(region)',
      'age::TINYINT',
    ]
    for (const call of calls) {
      const sql = await rewritten(`SELECT ${call} AS x, count(*) AS n FROM patients GROUP BY ALL`)
      await expect(database.query(sql), call).resolves.toBeDefined()
    }
  })

  test('give back no text longer than the bound, however it grows', async () => {
    const long = 'x'.repeat(100)
    await database.query(
      "INSERT INTO patients SELECT 7000 + i, 'x', 1, repeat('ab', 200), '2020-01-01', 0, 0, 0, NULL FROM range(9) t(i)",
    )
    for (const call of [
      `regexp_replace(region, '', '${long}', 'g')`,
      `replace(region, 'a', '${long}')`,
      `concat_ws('${long}'${', region'.repeat(60)})`,
    ]) {
      const sql = await rewritten(
        `SELECT max(length(x)) AS n FROM (SELECT ${call} AS x, count(*) AS c FROM patients GROUP BY region) q`,
      )
      expect(await database.query(sql), call).toEqual([[10_000n]])
    }
    await database.query('DELETE FROM patients WHERE person >= 7000')
  })

  test('take parameters wherever a constant may stand', async () => {
    const parameters: readonly Parameter[] = [
      { name: 'pattern', type: 'VARCHAR', domain: { values: ['Region%', '%'] } },
      { name: 'days', type: 'BIGINT', domain: { minimum: 1, maximum: 90 } },
      { name: 'rows', type: 'BIGINT', domain: { minimum: 1, maximum: 9 } },
      { name: 'since', type: 'DATE', domain: { minimum: '2019-01-01', maximum: '2020-12-31' } },
      { name: 'share', type: 'DOUBLE', domain: { minimum: 0, maximum: 1 } },
      { name: 'smoking', type: 'BOOLEAN', domain: { values: [true, false] } },
    ]
    const sql = `SELECT region, lag(count(*), $rows) OVER (ORDER BY region) AS before, count(*) * $share AS part FROM patients
      WHERE region LIKE $pattern AND admitted > $since + INTERVAL ($days) DAY AND region IN ($pattern, 'Region 1') IS NOT TRUE AND (smoker = $smoking OR smoker IS NULL)
      GROUP BY region HAVING count(*) > $rows ORDER BY 1 LIMIT $rows`
    const values = { pattern: 'Region%', days: 10, rows: 3, since: '2019-02-01', share: 0.5, smoking: false }
    const verdict = await guard.check({ sql, parameters, values, slots })
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    const rows = readable(await database.query(verdict.rewrittenSql))
    expect(rows).toEqual(
      readable(
        await database.query(`SELECT region, lag(count(*), 3) OVER (ORDER BY region), count(*) * 0.5 FROM patients
        WHERE region LIKE 'Region%' AND admitted > DATE '2019-02-11' AND region <> 'Region 1' AND (NOT smoker OR smoker IS NULL)
        GROUP BY region HAVING count(*) > 3 AND count(DISTINCT person) >= 5 ORDER BY 1 LIMIT 3`),
      ),
    )
    expect(rows.length).toBe(3)
  })
})
