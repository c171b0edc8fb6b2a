import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, openEngine } from './instance.ts'
import { outputsOf } from './plan-outputs.ts'

// The columns of a plan are those that the engine itself describes.

let engine: Engine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

const table = 'CREATE TEMP TABLE t (a INTEGER, b DECIMAL(18,0), c VARCHAR, d DOUBLE, e DATE, f TIMESTAMP, g BOOLEAN, h TINYINT)'

async function bothWays(sql: string) {
  return engine.use(async (connection) => {
    await connection.run(table)
    const plan = await connection.runAndReadAll(
      'SELECT json_serialize_plan($sql::VARCHAR, skip_null := true, skip_empty := true, skip_default := true)',
      { sql },
    )
    const described = await connection.runAndReadAll(`DESCRIBE ${sql}`)
    return {
      planned: outputsOf(JSON.parse(String(plan.getRows()[0]?.[0]))),
      described: described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) })),
    }
  })
}

const statements: readonly string[] = [
  'SELECT a, b, c, d, e, f, g, h FROM t',
  'SELECT a AS "x y", b AS "select" FROM t',
  'SELECT a AS x, b AS x, * FROM t LIMIT 3 OFFSET 1',
  'SELECT a + 1, a < 3, a < 3 AND g, sum(b), count(*), d IS NULL, 1, NULL, TRUE FROM t GROUP BY ALL ORDER BY sum(d), 1',
  'SELECT a AS x FROM t ORDER BY d, h LIMIT 4',
  'WITH q AS (SELECT a AS x, b FROM t), p AS (SELECT DISTINCT b FROM q) SELECT x, p.b FROM q, p WHERE x > 1',
  'SELECT DISTINCT a AS y, c FROM t ORDER BY c DESC',
  "SELECT CASE WHEN g THEN d END AS q, e + INTERVAL 1 DAY AS r, f - f AS s, CAST(NULL AS DECIMAL(30,4)) AS u, '' AS v FROM t",
  'SELECT x.y AS z FROM (SELECT a AS y FROM t) x QUALIFY row_number() OVER (ORDER BY x.y) = 1',
]
for (const sql of statements) {
  test(sql, async () => {
    const { planned, described } = await bothWays(sql)
    expect(planned ?? described).toEqual(described)
  })
}

test('what it does not know is left to the engine', async () => {
  for (const sql of ['SELECT [a] AS list FROM t', "SELECT 'x'::ENUM('x') AS e", 'SELECT a FROM t UNION SELECT a FROM t']) {
    expect((await bothWays(sql)).planned).toBeNull()
  }
  expect((await bothWays(statements[0] ?? '')).planned).not.toBeNull()
})
