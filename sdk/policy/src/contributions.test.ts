import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard, type SlotInput } from './index.ts'
import { type Database, openDatabase } from './testing/data.ts'
import { slots } from './testing/slots.ts'

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

type Limits = { readonly maxRowsPerUnit?: number; readonly maxGroupsPerUnit?: number }

function bounded(limits: Limits): readonly SlotInput[] {
  return slots.map((s) => (s.id === 'patients' ? { ...s, rule: { ...s.rule, privacyUnit: { column: 'person', ...limits } } } : s))
}

async function rewritten(sql: string, limits: Limits): Promise<string> {
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots: bounded(limits) })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return verdict.rewrittenSql
}

const ask = async (sql: string, limits: Limits) => (await database.query(await rewritten(sql, limits))).map((r) => r.map(Number))

test('no unit counts in more rows than its rule says', async () => {
  for (const most of [1, 2, 3, 1000]) {
    const [[byHand] = []] = await database.query(
      `SELECT sum(least(n, ${most})) FROM (SELECT count(*) AS n FROM patients WHERE age >= 20 GROUP BY person)`,
    )
    expect(await ask('SELECT count(*) AS n FROM patients WHERE age >= 20', { maxRowsPerUnit: most })).toEqual([[Number(byHand)]])
  }
})

test('the hermit with forty rows weighs no more than others in a sum', async () => {
  const sql = 'SELECT count(*) AS n, sum(cost) AS s FROM patients WHERE age >= 30 AND age < 40'
  const [[n, s] = []] = await ask(sql, {})
  const [[fewer, less] = []] = await ask(sql, { maxRowsPerUnit: 1 })
  const [[people] = []] = await database.query('SELECT count(DISTINCT person) FROM patients WHERE age >= 30 AND age < 40')
  expect(fewer).toBe(Number(people))
  expect((n ?? 0) - (fewer ?? 0)).toBeGreaterThan(38)
  expect((s ?? 0) - (less ?? 0)).toBeGreaterThan(3_800_000)
})

test('no unit counts in more groups than its rule says', async () => {
  const sql = 'SELECT month(admitted) AS m, count(DISTINCT person) AS people, count(*) AS n FROM patients GROUP BY 1'
  for (const most of [1, 2, 12]) {
    const [[byHand] = []] = await database.query(
      `SELECT sum(least(n, ${most})) FROM (SELECT count(DISTINCT month(admitted)) AS n FROM patients GROUP BY person)`,
    )
    const groups = await ask(sql, { maxGroupsPerUnit: most })
    expect(groups.length).toBe(12)
    expect(groups.reduce((sum, [, people = 0]) => sum + people, 0)).toBe(Number(byHand))
  }
})

test('a bound holds where rows are picked before an outer join, whatever else they are joined with', async () => {
  await database.query("INSERT INTO states SELECT 'Region ' || i, 'Region ' || i FROM range(13) t(i)")
  const picked =
    'SELECT p.region AS r, p.visits AS v, p.person AS who FROM states q JOIN patients p ON p.region = q.name WHERE p.age > 3'
  for (const most of [1, 3, 1000]) {
    const [[byHand] = []] = await database.query(
      `SELECT sum(least(n, ${most})) FROM (SELECT who, count(*) AS n FROM (${picked}) GROUP BY who)`,
    )
    const sql = `SELECT count(s.v) AS n FROM states t LEFT JOIN (${picked.replace(', p.person AS who', '')}) s ON t.code = s.r`
    expect(await ask(sql, { maxRowsPerUnit: most })).toEqual([[Number(byHand)]])
  }
  await database.query("DELETE FROM states WHERE code LIKE 'Region %'")
})

test('equal runs keep equal rows, however rows are ordered and threads share them', async () => {
  const sql = await rewritten(
    `SELECT region, smoker, grouping(region, smoker) AS g, count(*) AS n, sum(cost) AS c, avg(score) AS s, median(age) AS m
     FROM patients GROUP BY ROLLUP (region, smoker)`,
    { maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
  )
  const run = async () => JSON.stringify((await database.query(sql)).map((row) => row.map(String)))
  await database.query('SET threads = 1')
  const first = await run()
  expect(first.length).toBeGreaterThan(1000)
  for (const order of ['cost', 'hash(person, score)']) {
    await database.query(`CREATE OR REPLACE TABLE patients AS SELECT * FROM patients ORDER BY ${order}`)
    await database.query('SET threads = 4')
    expect(await run()).toBe(first)
  }
})
