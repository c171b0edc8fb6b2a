import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
import { type Database, openDatabase, readable } from './testing/data.ts'
import { amount, dimension, identity, register } from './testing/honest/field.ts'

// Whether a cell has enough units is found in steps, and the first one reads 120,000 rows: so there are more.

const rows = 150_000
const columns = {
  person: ['BIGINT', identity],
  mixed: ['BIGINT', dimension],
  late: ['BIGINT', dimension],
  street: ['BIGINT', dimension],
  paid: ['BIGINT', amount(0, 100)],
} as const

/**
 * `late` is what rows are sorted by, so that most of its values come after the first rows: 8 stands for 19 persons, 9 for
 * 20, and NULL for three, each of many rows. `street` has thousands of values, around the minimum of persons.
 */
const visits = register(
  'visits',
  'person',
  20,
  columns,
  `SELECT CASE late WHEN 8 THEN i % 19 WHEN 9 THEN i % 20 ELSE CASE WHEN late IS NULL THEN i % 3 ELSE i % 40009 END END, i % 12, late, street,
    CASE WHEN i % 12 = 5 AND i % 40009 > 10 THEN NULL ELSE i % 100 END
  FROM (SELECT i, CASE WHEN i < 148000 THEN i // 18500 WHEN i < 148600 THEN 8 WHEN i < 149200 THEN 9 END AS late,
    (i % 387) * (i % 388) % 6000 AS street FROM range(${rows}) t(i)) ORDER BY i`,
)
const payers = register(
  'payers',
  'payer',
  15,
  { payer: ['BIGINT', identity], kind: ['BIGINT', dimension] },
  'SELECT i * 2, i % 500 FROM range(20000) t(i)',
)

let guard: Guard
let database: Database
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase([visits, payers])
})
afterAll(async () => {
  database.close()
  await guard.close()
})

async function ask(sql: string): Promise<readonly string[]> {
  const slots = [visits.slot, payers.slot]
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return readable(await database.query(verdict.rewrittenSql))
}

const byHand = async (sql: string) => readable(await database.query(sql))
const enough = 'count(DISTINCT person) >= 20'

test.each(['mixed', 'late', 'street', 'late, mixed'])(
  'cells by %s are those of enough units, found soon or late',
  async (groups) => {
    const [shown, counted] = await Promise.all([
      ask(`SELECT ${groups}, count(*) AS n, sum(paid) AS s FROM visits GROUP BY ${groups} ORDER BY ALL`),
      byHand(`SELECT ${groups}, count(*), CASE WHEN count(DISTINCT CASE WHEN paid IS NOT NULL THEN person END) >= 20 THEN sum(paid) END
      FROM visits GROUP BY ${groups} HAVING ${enough} ORDER BY ALL`),
    ])
    expect(shown).toEqual(counted)
    expect(shown.length).toBeGreaterThan(1)
  },
)

test('nineteen persons stay hidden behind six hundred rows, and twenty do not', async () => {
  const shown = await ask('SELECT late, count(*) AS n FROM visits WHERE late >= 8 GROUP BY late')
  expect(shown).toEqual(['9 | 600'])
})

test('cells of a join are those of enough units of both datasets', async () => {
  const join = 'FROM visits JOIN payers ON person = payer'
  for (const groups of ['kind', 'late', 'mixed']) {
    const shown = await ask(`SELECT ${groups}, count(*) AS n, avg(paid) AS a ${join} GROUP BY ${groups} ORDER BY ALL`)
    const counted =
      await byHand(`SELECT ${groups}, count(*), CASE WHEN count(DISTINCT CASE WHEN paid IS NOT NULL THEN person END) >= 20 THEN avg(paid) END
      ${join} GROUP BY ${groups} HAVING ${enough} ORDER BY ALL`)
    expect(shown).toEqual(counted)
    expect(shown.length).toBeGreaterThan(1)
  }
})

test('totals that are added up from finer cells are those of the rows', async () => {
  const sets = 'GROUP BY ROLLUP (late, mixed) HAVING grouping(late) = 1'
  const list = 'count(*) AS n, count(paid) AS c, sum(paid) AS s, avg(paid) AS a, stddev(paid) AS d'
  expect(await ask(`SELECT ${list} FROM visits ${sets}`)).toEqual(await byHand(`SELECT ${list} FROM visits`))
})
