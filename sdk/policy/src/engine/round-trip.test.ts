import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as ast from '../ast/build.ts'
import { Refusal } from '../reasons.ts'
import { type Engine, openEngine } from './instance.ts'
import { checkedText, isLeftOut } from './round-trip.ts'

let engine: Engine

beforeAll(async () => {
  engine = await openEngine()
})

afterAll(() => engine.close())

describe('reading the rewritten SQL back', () => {
  const from = ast.table('patients', 't0')
  const write = async (list: readonly ast.Node[]) =>
    (await checkedText(engine.parser, ast.select({ list, from }), async () => {})).sql
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'passed',
      (error: unknown) => (error instanceof Refusal ? error.code : 'threw'),
    )

  test('gives the AST it was written from, for every kind of constant and name', async () => {
    const texts = [`'`, `"`, `\\`, `'; --`, '$x', '%', 'é\u2028\u{1f980}', 'a\nb']
    const sql = await write([
      ...texts.map((t, i) => ast.named(ast.text(t), `t${i} "x" ' é`)),
      ...[0n, -1n, 2147483648n, -9223372036854775807n].map(ast.integer),
      ast.cast(ast.text('-1e300'), 'DOUBLE'),
      ...['a "quoted" name', 'select', 'Cost', ' ', 'é'].map((name) => ast.column('t0', name)),
    ])
    expect(sql).toContain(`'; --'`)
  })

  test('refuses an AST whose text means something else', async () => {
    const plain = ast.comparison('COMPARE_EQUAL', ast.column('t0', 'age'), ast.integer(1n))
    // the parser turns NOT (a = b) around, so this does not read back
    expect(await codeOf(write([ast.operator('OPERATOR_NOT', [plain])]))).toBe('plan-not-allowed')
    // a name that is a function call once it is printed
    expect(await codeOf(write([ast.call('a); DROP TABLE x; --', [])]))).not.toBe('passed')
    // what its text leaves out
    expect(await codeOf(write([ast.call('+', [ast.integer(1n), ast.integer(1n)], { distinct: true })]))).toBe('plan-not-allowed')
    const wide = ast.integer(4294967296n)
    const narrow = { ...wide, value: { ...(wide.value as ast.Node), value: 1 } }
    expect(await codeOf(write([narrow]))).toBe('plan-not-allowed')
    expect(await codeOf(write([{ ...ast.integer(1n), more: true }]))).toBe('plan-not-allowed')
    const { function_name: _, ...less } = ast.call('count_star', [])
    expect(await codeOf(write([less]))).not.toBe('passed')
    // what the engine leaves out where it is as by default is left out for nothing else
    const none = { ...ast.call('count_star', []), is_operator: null }
    expect(await codeOf(write([none]))).toBe('plan-not-allowed')
    const filtered = { ...ast.call('count_star', []), filter: [] }
    expect(await codeOf(write([filtered]))).not.toBe('passed')
    expect(await codeOf(write([{ ...ast.call('count_star', []), unknown: null }]))).toBe('plan-not-allowed')
    expect(await codeOf(write([{ class: 'LAMBDA', type: 'LAMBDA', alias: '' }]))).toBe('plan-not-allowed')
  })
})

/** Every kind of node that a rewrite may have, plain and with all that can be said of it. */
const statements = [
  'SELECT 1, -1, NULL, true, 18446744073709551615, 1.5, 2e0, $1, CAST(a AS DECIMAL(9,0)), TRY_CAST(a AS DATE), a::DECIMAL(9,2) FROM t',
  'SELECT count(*), count(DISTINCT a), sum(a) FILTER (WHERE b), string_agg(a ORDER BY b DESC), a + b, lower(a), x.f(a) FROM s.t AS t(a, b)',
  'SELECT CASE WHEN a THEN b END, CASE a WHEN 1 THEN 2 ELSE 3 END, NOT a, a IS NULL, a IN (1, 2), a NOT IN (1), COALESCE(a, b), TRY(a) FROM t',
  'SELECT a AND b OR c, a = b, a IS DISTINCT FROM b, a BETWEEN 1 AND 2, a = ANY(SELECT 1), a LIKE b FROM t',
  'SELECT row_number() OVER (), lag(a, 1, 0 IGNORE NULLS) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING EXCLUDE TIES) FROM t',
  'SELECT sum(DISTINCT a) FILTER (WHERE b) OVER (ORDER BY c), first(a ORDER BY b) OVER w FROM t WINDOW w AS (PARTITION BY d)',
  'SELECT a FROM t JOIN u ON a = b LEFT JOIN v USING (c) CROSS JOIN w NATURAL JOIN x SEMI JOIN y ON a = b POSITIONAL JOIN z',
  'SELECT DISTINCT a FROM t WHERE b GROUP BY GROUPING SETS ((a, b), (a), ()) HAVING c QUALIFY d ORDER BY a, b DESC NULLS FIRST LIMIT 1 OFFSET 2',
  'SELECT a FROM t UNION SELECT b FROM u UNION ALL SELECT c FROM v EXCEPT SELECT d FROM w INTERSECT ALL SELECT e FROM x',
  'WITH a(b) AS (SELECT 1), c AS MATERIALIZED (SELECT 2) SELECT b FROM (SELECT 1 FROM a) AS d(e)',
]

describe('the brief AST of the engine', () => {
  test.each(statements)('leaves out only what is known to be left out, and what it is then: %s', async (sql) => {
    const [whole, brief] = [await engine.parser.parse(sql), await engine.parser.parseBriefly(sql)]
    expect(JSON.parse(whole)).toMatchObject({ error: false })
    expect(unknownIn(JSON.parse(whole), JSON.parse(brief))).toEqual([])
  })
})

/** Fields of the whole AST that the brief one has otherwise, or lacks without that being known. */
function unknownIn(whole: unknown, brief: unknown): readonly string[] {
  if (whole === null || typeof whole !== 'object') return whole === brief ? [] : [`${String(whole)} is ${String(brief)}`]
  const other = brief as Readonly<Record<string, unknown>>
  return Object.entries(whole).flatMap(([field, value]) => {
    if (Object.hasOwn(other, field)) return unknownIn(value, other[field])
    return field === 'query_location' || isLeftOut(field, value) ? [] : [`${field} = ${JSON.stringify(value)}`]
  })
}
