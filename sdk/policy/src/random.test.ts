import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase } from './testing/data.ts'
import { type Cell, type Piece, type Source, sources, type Tables, type Tuple, text } from './testing/random-sources.ts'
import { slots } from './testing/slots.ts'

// Random queries, allowed or not. Whatever the guard allows is executed and compared with an evaluation in plain
// JavaScript that knows nothing of the guard: every row must stand for the minimum of distinct units, and no more rows
// may be missing than those that do not.

interface Question {
  readonly source: Source
  readonly groups: readonly Piece<Cell>[]
  readonly filter: Piece<boolean | null> | null
  readonly extra: string
  readonly measure: Measure | null
  readonly wrap: 'plain' | 'cte' | 'subquery' | 'having'
  readonly atLeast: number
}

/** An aggregate with a condition or arithmetic inside, as SQL and over the rows of one branch of a group. */
interface Measure {
  readonly sql: string
  readonly of: (rows: readonly Tuple[], enough: (rows: readonly Tuple[]) => boolean) => number | null
}

const total = (rows: readonly Tuple[], value: Piece<number | null>) => rows.reduce((sum, row) => sum + (value.of(row) ?? 0), 0)

/** Enough units with a row for which the condition is true, and enough with one for which it is not. */
function split(condition: Piece<boolean | null>, of: (rows: readonly Tuple[]) => number): Measure['of'] {
  return (rows, enough) => {
    const inside = rows.filter((row) => condition.of(row) === true)
    const outside = rows.filter((row) => condition.of(row) !== true)
    return enough(inside) && enough(outside) ? of(inside) : null
  }
}

const measureOf = ({ values = [], filters }: Source): fc.Arbitrary<Measure | null> => {
  const [first] = values
  if (first === undefined) return fc.constant(null)
  const parts = fc.record({ value: fc.constantFrom(first, ...values), condition: filterOf(filters) })
  return fc.option(
    fc.oneof(
      parts.map(({ condition }) => ({
        sql: `count(*) FILTER (WHERE ${condition.sql})`,
        of: split(condition, (rows) => rows.length),
      })),
      parts.map(({ value, condition }) => ({
        sql: `sum(CASE WHEN ${condition.sql} THEN ${value.sql} ELSE 0 END)`,
        of: split(condition, (rows) => total(rows, value)),
      })),
      parts.map(({ value }) => ({ sql: `sum(${value.sql})`, of: (rows: readonly Tuple[]) => total(rows, value) })),
    ),
  )
}

const not = (a: boolean | null) => (a === null ? null : !a)
const and = (a: boolean | null, b: boolean | null) =>
  a === false || b === false ? false : a === null || b === null ? null : true

const filterOf = (filters: readonly Piece<boolean | null>[]) =>
  fc.letrec<{ condition: Piece<boolean | null> }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.constantFrom(...filters),
      tie('condition').map((a) => ({ sql: `NOT (${a.sql})`, of: (row: Tuple) => not(a.of(row)) })),
      fc
        .tuple(tie('condition'), tie('condition'))
        .map(([a, b]) => ({ sql: `(${a.sql}) AND (${b.sql})`, of: (row: Tuple) => and(a.of(row), b.of(row)) })),
      fc
        .tuple(tie('condition'), tie('condition'))
        .map(([a, b]) => ({ sql: `(${a.sql}) OR (${b.sql})`, of: (row: Tuple) => not(and(not(a.of(row)), not(b.of(row)))) })),
    ),
  })).condition

const question: fc.Arbitrary<Question> = fc.constantFrom(...sources).chain((source) =>
  fc.record({
    source: fc.constant(source),
    groups: fc.subarray([...source.groups], { maxLength: 3 }),
    filter: fc.option(filterOf(source.filters)),
    extra: fc.constantFrom(
      '',
      ', count(*) AS again',
      source.from.startsWith('patients')
        ? ', avg(p.age) AS mean'
        : source.from.startsWith('flights')
          ? ', sum(f.delay) AS sum'
          : '',
    ),
    measure: measureOf(source),
    wrap: fc.constantFrom('plain', 'cte', 'subquery', 'having'),
    atLeast: fc.integer({ min: 0, max: 30 }),
  }),
)

function sqlOf({ source, groups, filter, extra, measure, wrap, atLeast }: Question): string {
  const list = [...groups.map((g, i) => `${g.sql} AS g${i}`), 'count(*) AS n', `${measure?.sql ?? 'NULL'} AS m`].join(', ')
  const terms = [source.where, filter === null ? undefined : `(${filter.sql})`].filter((term) => term !== undefined)
  const where = terms.length === 0 ? '' : ` WHERE ${terms.join(' AND ')}`
  const grouped = groups.length === 0 ? '' : ` GROUP BY ${groups.map((_, i) => i + 1).join(', ')}`
  const block = `SELECT ${list}${extra} FROM ${source.from}${where}${grouped}`
  const names = [...groups.map((_, i) => `g${i}`), 'n', 'm'].join(', ')
  switch (wrap) {
    case 'plain':
      return `${block} HAVING n >= ${atLeast} ORDER BY n DESC`
    case 'having':
      return `${block} HAVING count(*) >= ${atLeast}`
    case 'cte':
      return `WITH q AS (${block}) SELECT ${names} FROM q WHERE n >= ${atLeast}`
    case 'subquery':
      return `SELECT ${names} FROM (${block}) q WHERE n >= ${atLeast} ORDER BY n`
  }
}

/** Groups with the number of rows and the measure of those branches that have enough units, by plain loops. */
function bruteForce({ source, groups, filter, measure, atLeast }: Question, tables: Tables): ReadonlySet<string> {
  const kept = source.rows(tables).filter((row) => filter === null || filter.of(row) === true)
  const byGroup = Map.groupBy(kept, (row) => JSON.stringify(groups.map((g) => text(g.of(row)))))
  const enough = (rows: readonly Tuple[]) =>
    source.units.every((unit) => new Set(rows.map((r) => r[unit] ?? null).filter((u) => u !== null)).size >= source.minimum)
  const result = new Set<string>()
  for (const [group, rows] of byGroup) {
    const parts = [...Map.groupBy(rows, (row) => row['#part'] ?? null).values()].filter(enough)
    const n = parts.reduce((sum, part) => sum + part.length, 0)
    const measures = parts.flatMap((part) => measure?.of(part, enough) ?? [])
    const m = measures.length === 0 ? null : measures.reduce((a, b) => a + b, 0)
    if (parts.length > 0 && n >= atLeast) result.add(`${group} × ${n}: ${m}`)
  }
  return result
}

let guard: Guard
let database: Database
let tables: Tables
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase()
  tables = Object.fromEntries(
    await Promise.all(
      slots.map(async ({ id, schema }) => {
        const rows = await database.query(`SELECT * FROM ${id}`)
        const cell = (value: unknown): Cell =>
          value === null || typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : String(value)
        const tuple = (row: readonly unknown[]) => Object.fromEntries(schema.columns.map(({ name }, i) => [name, cell(row[i])]))
        return [id, rows.map(tuple)] as const
      }),
    ),
  )
})
afterAll(async () => {
  database.close()
  await guard.close()
})

test('whatever is allowed shows exactly the groups that stand for enough units', async () => {
  let executed = 0
  let rowsShown = 0
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const sql = sqlOf(asked)
      const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
      if (verdict.verdict === 'refused') return
      executed += 1
      const rows = await database.query(verdict.rewrittenSql)
      rowsShown += rows.length
      const width = asked.groups.length
      const shown = rows.map(
        (row) =>
          `${JSON.stringify(row.slice(0, width).map((c) => (c === null ? null : String(c))))} × ${row[width]}: ${row[width + 1] === null ? null : Number(row[width + 1])}`,
      )
      expect(new Set(shown), sql).toEqual(bruteForce(asked, tables))
      expect(shown.length, sql).toBe(new Set(shown).size)
    }),
    { numRuns: 80 },
  )
  // or the property would hold for a guard that refuses everything
  expect(executed).toBeGreaterThan(15)
  expect(rowsShown).toBeGreaterThan(20)
})
