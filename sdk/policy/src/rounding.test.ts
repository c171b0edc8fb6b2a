import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGuard, type Guard } from './index.ts'
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

async function ask(sql: string, rounding: number): Promise<readonly (readonly number[])[]> {
  const given = slots.map((s) => ({ ...s, rule: { ...s.rule, output: { ...s.rule.output, rounding } } }))
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots: given })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return (await database.query(verdict.rewrittenSql)).map((row) => row.map(Number))
}

const everything = `SELECT count(*) AS n, count(DISTINCT person) AS people, sum(cost) AS cost, avg(age) AS age, median(visits) AS visits,
  stddev(score) AS spread, sum(score) AS score FROM patients WHERE region <> 'Alone' GROUP BY region`

test('whatever is computed from rows comes out as a multiple, the nearest one', async () => {
  for (const rounding of [5, 2.5, 0.5, 100]) {
    const [plain, found] = [await ask(everything, 0.000001), await ask(everything, rounding)]
    // counts are whole, so a grid of 2.5 is one of 5 for them, and one of 0.5 is one of 1
    const whole = Number.isInteger(rounding) ? rounding : rounding === 2.5 ? 5 : 1
    const grids = [whole, whole, rounding, rounding, rounding, rounding, rounding]
    expect(found.length).toBe(plain.length)
    const columns = grids.map((grid, i) => [grid, plain.map((r) => r[i] ?? 0), found.map((r) => r[i] ?? 0)] as const)
    for (const [grid, exact, coarse] of columns) {
      for (const value of coarse) expect(value % grid).toBeCloseTo(0, 9)
      const nearest = exact.map((value) => Math.sign(value) * Math.round(Math.abs(value) / grid) * grid + 0)
      expect([...coarse].sort()).toEqual(nearest.sort())
    }
  }
})

test('conditions, order and arithmetic see multiples only', async () => {
  const sql = 'SELECT age // 20 AS band, count(*) AS n FROM patients GROUP BY band'
  expect((await ask(`${sql} HAVING count(*) % 50 <> 0`, 50)).length).toBe(0)
  expect((await ask(`${sql} HAVING count(*) % 50 = 0`, 50)).length).toBeGreaterThan(3)
  // all groups tie, so the order is that of the groups
  expect((await ask(`${sql} HAVING n = 0 ORDER BY n DESC LIMIT 3`, 1_000_000)).map(([band]) => band)).toEqual([0, 1, 2])
  const [row] = await ask('WITH t AS (SELECT count(*) AS n, sum(age) AS s FROM patients) SELECT s - n, s / n FROM t', 1000)
  expect(row?.[0]).toBe(51_000)
})
