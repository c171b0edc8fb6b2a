import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase } from './testing/data.ts'
import { type Piece, sources, type Tuple, text } from './testing/random-sources.ts'
import { slots } from './testing/slots.ts'
import { isInSpan } from './testing/span.ts'

// Several counts of patients under random conditions in one statement. Every count that comes out is an equation over the
// parts into which all conditions cut the patients' rows. Decided by elimination, which knows nothing of the guard: no part
// that stands for somebody and for fewer than the minimum may follow from what comes out.

const minimum = 5
const filters = (sources[0]?.filters ?? []).filter(({ sql }) => !sql.includes('person'))

interface Form {
  readonly sql: (conditions: readonly string[]) => string
  /** whether a unit counts once, where a condition holds for one of its rows */
  readonly perUnit: boolean
}

const forms: readonly Form[] = [
  {
    sql: (all) =>
      `SELECT count(*) AS n, ${all.map((c, i) => `count(*) FILTER (WHERE ${c}) AS a${i}`).join(', ')} FROM patients p`,
    perUnit: false,
  },
  {
    sql: (all) =>
      `SELECT count(*) AS n, ${all.map((c, i) => `sum(CASE WHEN ${c} THEN 1 ELSE 0 END) AS a${i}`).join(', ')} FROM patients p`,
    perUnit: false,
  },
  {
    sql: (all) => {
      const blocks = all.map((c, i) => `w${i} AS (SELECT count(*) AS n FROM patients p WHERE ${c})`)
      const list = all.map((_, i) => `(SELECT n FROM w${i}) AS a${i}`)
      return `WITH w AS (SELECT count(*) AS n FROM patients p), ${blocks.join(', ')} SELECT (SELECT n FROM w) AS n, ${list.join(', ')} FROM states LIMIT 1`
    },
    perUnit: false,
  },
  {
    sql: (all) => {
      const flags = all.map((c, i) => `max(CASE WHEN ${c} THEN 1 ELSE 0 END) AS f${i}`)
      return `SELECT count(*) AS n, ${all.map((_, i) => `sum(f${i}) AS a${i}`).join(', ')} FROM (SELECT person, ${flags.join(', ')} FROM patients p GROUP BY person) q`
    },
    perUnit: true,
  },
]

let guard: Guard
let database: Database
let rows: readonly Tuple[]
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase()
  const read = await database.query('SELECT person, age, region, admitted::VARCHAR FROM patients')
  rows = read.map(([person, age, region, admitted]) => ({
    'p.person': Number(person),
    'p.age': Number(age),
    'p.region': text(String(region)),
    'p.admitted': text(String(admitted)),
  }))
})
afterAll(async () => {
  database.close()
  await guard.close()
})

/** The parts with their units: keys say which conditions hold. */
function partsOf(conditions: readonly Piece<boolean | null>[], perUnit: boolean): ReadonlyMap<string, number> {
  const bits = (of: readonly Tuple[]) => conditions.map((c) => (of.some((row) => c.of(row) === true) ? '1' : '0')).join('')
  const units = [...Map.groupBy(rows, (row) => row['p.person'])]
  const parts = units.flatMap(([, own]) => (perUnit ? [bits(own)] : [...new Set(own.map((row) => bits([row])))]))
  return new Map([...Map.groupBy(parts, (part) => part)].map(([part, members]) => [part, members.length]))
}

test('counts under several conditions give no small part of the rows away', async () => {
  const seen = { shown: 0, hidden: 0, small: 0 }
  const conditions = fc.uniqueArray(fc.constantFrom(...filters), { minLength: 2, maxLength: 3, selector: (c) => c.sql })
  await fc.assert(
    fc.asyncProperty(conditions, fc.constantFrom(...forms), async (asked, { sql, perUnit }) => {
      const statement = sql(asked.map((c) => c.sql))
      const verdict = await guard.check({ sql: statement, parameters: [], values: undefined, slots })
      if (verdict.verdict === 'refused') throw new Error(`${statement}: ${JSON.stringify(verdict.reasons)}`)
      const [result = []] = await database.query(verdict.rewrittenSql)
      const parts = [...partsOf(asked, perUnit)]
      const vectors = [null, ...asked.keys()].map((i) => parts.map(([part]) => (i === null || part[i] === '1' ? 1 : 0)))
      const shown = vectors.filter((_, i) => result[i] !== null && result[i] !== undefined)
      const follows = isInSpan(shown)
      const small = parts.filter(([, units]) => units < minimum).map(([part]) => part)
      const found = small.filter((part) => follows(parts.map(([other]) => (other === part ? 1 : 0))))
      expect(found, statement).toEqual([])
      seen.shown += shown.length
      seen.hidden += vectors.length - shown.length
      seen.small += small.length
    }),
    { numRuns: 24 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0)
}, 60_000)
