import { createGuard } from '@reinraum/policy'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatSql } from './sql-text.ts'

const words = (sql: string) => sql.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s'"]/g)?.join('')

it('puts clauses, joins and items on lines of their own', () => {
  const sql = `WITH a AS (SELECT t0.x AS "g,0", count_star() AS n FROM t AS t0 LEFT JOIN u AS t1 ON ((t0.k = t1.k)) GROUP BY 1), b AS (SELECT 1)SELECT coalesce(a.n, 0), ' FROM ' FROM a WHERE (n > (3)) LIMIT 10`
  expect(formatSql(sql)).toBe(`WITH a AS (
  SELECT t0.x AS "g,0",
    count_star() AS n
  FROM t AS t0
  LEFT JOIN u AS t1 ON ((t0.k = t1.k))
  GROUP BY 1
),
b AS (
  SELECT 1
)
SELECT coalesce(a.n, 0),
  ' FROM '
FROM a
WHERE (n > (3))
LIMIT 10`)
})

it('changes white space between words only', () => {
  const piece = fc.constantFrom(
    'SELECT',
    'FROM',
    'a',
    '"a b"',
    "' x  (y'",
    "'it''s'",
    '(',
    ')',
    ',',
    ' ',
    'LEFT JOIN',
    '1.5',
    'é',
    '\n',
    '::',
    '.',
    'AS',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const sql = pieces.join(' ')
      expect(words(formatSql(sql))).toBe(words(sql))
    }),
  )
})

it('leaves a query as the guard reads it', async () => {
  const guard = await createGuard()
  const schema = { columns: [{ name: 'k', type: 'VARCHAR' as const }] }
  const rule = {
    version: 1 as const,
    modes: ['aggregation' as const],
    privacyUnit: 'none' as const,
    columns: { k: { dimension: true, filter: 'any' as const } },
    output: { minimumGroupSize: 2, maxRows: 10 },
    approvals: { by: ['o'], threshold: 'all' as const },
  }
  const ask = (sql: string) => guard.check({ sql, parameters: [], values: undefined, slots: [{ id: 't', schema, rule }] })
  const sql = `WITH w AS (SELECT k, count(*) AS n FROM t WHERE k IN ('a, b', ' FROM x') GROUP BY k) SELECT k, CASE WHEN n > 1 THEN 'x' ELSE '(' END AS c FROM w ORDER BY k LIMIT 3`
  const [plain, formatted] = [await ask(sql), await ask(formatSql(sql))]
  await guard.close()
  expect(plain.verdict).toBe('allowed')
  expect(formatted).toEqual(plain)
})
