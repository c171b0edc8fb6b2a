import { columnOf } from '@reinraum/privacy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlotInput } from '../analysis/slots.ts'
import { createGuard, type Guard } from '../guard.ts'
import { openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowedWithNoise, exactTexts, plenty } from '../testing/noisy-room.ts'

// That noise is made for as much as a unit can change, and that the rows of the rewrite change no more.

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

const unit = { maxRowsPerUnit: 3, maxGroupsPerUnit: 2 }
const planOf = async (sql: string, slots: readonly SlotInput[] = noisySlots({ unit })) =>
  (await allowedWithNoise(guard, slots, sql, plenty)).noise.plan

describe('noise is made for', () => {
  test.each([
    ['the rows of a unit', 'SELECT count(*) AS n FROM patients', 'rows all', 3n],
    ['the groups of a unit', 'SELECT region, count(DISTINCT person) AS n FROM patients GROUP BY region', 'units', 2n],
    ['one group where there is one', 'SELECT count(DISTINCT person) AS n FROM patients', 'units', 1n],
    [
      'one row of a unit that its rows are grouped by',
      'SELECT count(*) AS n FROM (SELECT person, count(*) AS k FROM patients GROUP BY person) q',
      'rows all',
      1n,
    ],
    [
      'the smaller bound of two datasets',
      'SELECT count(*) AS n FROM patients p JOIN pupils q ON p.person = q.pupil',
      'rows all',
      3n,
    ],
    [
      'rows that change, where another dataset may lack the unit',
      'SELECT count(*) AS n FROM patients p LEFT JOIN (SELECT pupil, sum(marks) AS m FROM pupils GROUP BY pupil) q ON p.person = q.pupil',
      'rows all',
      6n,
    ],
    [
      'distinct values, one a row',
      'SELECT count(DISTINCT person) FILTER (WHERE smoker) AS n FROM patients',
      'distinct person where',
      3n,
    ],
    ['cents up to the bound', 'SELECT sum(cost) AS c FROM patients', 'sum cost', 30_000_000n],
    ['half of them from the middle of the bounds', 'SELECT avg(cost) AS c FROM patients', 'sum cost', 15_000_000n],
  ])('%s', async (_, sql, column, l1) => {
    expect(columnOf(await planOf(sql), column).sensitivity.l1).toBe(l1)
  })
})

describe('exact cells hold no more of a unit than that', () => {
  const lone = `SELECT 7, 'x', 50, 'Region ' || i % 5, DATE '2020-01-01', 1e9, 1e9, 50, TRUE FROM range(100) t(i)`
  async function cellsOver(sql: string, slots: readonly SlotInput[], rows = lone) {
    const { noise } = await allowedWithNoise(guard, slots, sql, plenty)
    const database = await openDatabase(slots.filter(({ id }) => id === 'patients').map((slot) => ({ slot, rows })))
    try {
      return (await exactTexts(database, noise)).cells
    } finally {
      database.close()
    }
  }

  test('rows and groups of it stay within the bounds', async () => {
    const cells = await cellsOver('SELECT region, count(*) AS n FROM patients GROUP BY region', noisySlots({ unit }))
    expect(cells.length).toBeLessThanOrEqual(2)
    expect(cells.reduce((sum, [, n]) => sum + Number(n), 0)).toBeLessThanOrEqual(3)
  })

  test('units are counted once, also where each has one row', async () => {
    const sql = 'SELECT count(DISTINCT person) AS n FROM patients'
    for (const maxRowsPerUnit of [1, 3]) expect(await cellsOver(sql, noisySlots({ unit: { maxRowsPerUnit } }))).toEqual([['1']])
  })

  test('rows of groups that nobody declared take no place of others', async () => {
    const rows = `${lone} UNION ALL SELECT 7, 'x', 50, 'Elsewhere ' || i, DATE '2020-01-01', 1, 1, 1, TRUE FROM range(500) t(i)`
    const cells = await cellsOver('SELECT region, count(*) AS n FROM patients GROUP BY region', noisySlots({ unit }), rows)
    expect(cells.map(([region]) => region).every((region) => region?.startsWith('Region '))).toBe(true)
    expect(cells.reduce((sum, [, n]) => sum + Number(n), 0)).toBeGreaterThan(0)
  })

  test('values lie within the bounds, also after they are rounded to the grid', async () => {
    const sql = 'SELECT sum(cost) AS c, sum(score) AS s, count(*) AS n FROM patients'
    // the grid of a DOUBLE has six digits after the point, and the bound seven
    const slots = noisySlots({ unit }).map((slot) => {
      if (slot.id !== 'patients') return slot
      const { columns } = slot.rule
      return {
        ...slot,
        rule: {
          ...slot.rule,
          columns: { ...columns, score: { ...columns.score, bounds: [0, 0.000_001_5] as [number, number] } },
        },
      }
    })
    const plan = await planOf(sql, slots)
    const [row = []] = await cellsOver(sql, slots)
    const at = (name: string) => BigInt(row[plan.columns.findIndex((c) => c.name === name)] ?? 'none')
    expect([at('sum cost'), at('sum score')]).toEqual([
      columnOf(plan, 'sum cost').sensitivity.l1,
      columnOf(plan, 'sum score').sensitivity.l1,
    ])
    expect([at('sum cost'), at('sum score'), at('rows all')]).toEqual([30_000_000n, 3n, 3n])
  })
})
