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
    ['rows of a median, in whatever steps', 'SELECT median(cost) AS c FROM patients', 'quantile 1/2 cost', 3n],
    ['half of them from the middle of the bounds', 'SELECT avg(cost) AS c FROM patients', 'sum cost', 15_000_000n],
  ])('%s', async (_, sql, column, l1) => {
    expect(columnOf(await planOf(sql), column).sensitivity.l1).toBe(l1)
  })
})

/** A hundred rows of one person, in five regions. */
const lone = `SELECT 7, 'x', 50, 'Region ' || i % 5, DATE '2020-01-01', 1e9, 1e9, 50, TRUE FROM range(100) t(i)`

describe('exact cells hold no more of a unit than that', () => {
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
    for (const stated of [{}, { patients: 100 }]) {
      const slots = noisySlots({ unit, stated })
      const cells = await cellsOver('SELECT region, count(*) AS n FROM patients GROUP BY region', slots)
      expect(cells.length).toBeLessThanOrEqual(2)
      expect(cells.reduce((sum, [, n]) => sum + Number(n), 0)).toBeLessThanOrEqual(3)
    }
  })

  test('units are counted once, also where each has one row', async () => {
    const sql = 'SELECT count(DISTINCT person) AS n FROM patients'
    for (const maxRowsPerUnit of [1, 3]) expect(await cellsOver(sql, noisySlots({ unit: { maxRowsPerUnit } }))).toEqual([['1']])
    const stated = noisySlots({ unit: { maxRowsPerUnit: 100 }, stated: { patients: 100 } })
    expect(await cellsOver(sql, stated)).toEqual([['1']])
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

describe('a unit changes the exact cells by no more than that', () => {
  const other = "SELECT i, 'x', 50, 'Region ' || i % 5, DATE '2020-01-01', 10, 1, 50, TRUE FROM range(20) t(i)"

  async function cellsOf(sql: string, slots: readonly SlotInput[], rows: Readonly<Record<string, string>>) {
    const { noise } = await allowedWithNoise(guard, slots, sql, plenty)
    const own = slots.flatMap((slot) => (rows[slot.id] === undefined ? [] : [{ slot, rows: rows[slot.id] ?? '' }]))
    const database = await openDatabase(own)
    try {
      const { cells } = await exactTexts(database, noise)
      return { plan: noise.plan, cells: new Map(cells.map((row) => [row[0], row.slice(1).map(Number)])) }
    } finally {
      database.close()
    }
  }

  async function changeOf(sql: string, slots: readonly SlotInput[], one: Record<string, string>, more: Record<string, string>) {
    const [without, withUnit] = [await cellsOf(sql, slots, one), await cellsOf(sql, slots, more)]
    const keys = new Set([...without.cells.keys(), ...withUnit.cells.keys()])
    return without.plan.columns.map(({ name, sensitivity }, i) => {
      const at = (cells: typeof without, key: string | null | undefined) => cells.cells.get(key)?.[i] ?? 0
      const moved = [...keys].map((key) => Math.abs(at(withUnit, key) - at(without, key))).reduce((a, b) => a + b, 0)
      return { name, moved, most: Number(sensitivity.l1) }
    })
  }

  test('where it comes into a dataset that rows of others may lack', async () => {
    const sql =
      'SELECT region, count(*) AS n, sum(q.m) AS m FROM patients p LEFT JOIN (SELECT pupil, sum(marks) AS m FROM pupils GROUP BY pupil) q ON p.person = q.pupil GROUP BY region'
    const slots = noisySlots({ unit: { maxRowsPerUnit: 12 }, unitOfPupils: { maxRowsPerUnit: 1 } })
    const patients = `${other} UNION ALL ${lone}`
    const pupils = "SELECT i, 'School', 5, 50.0 FROM range(3) t(i)"
    const more = `${pupils} UNION ALL SELECT 7, 'School', 5, 500.0`
    const found = await changeOf(sql, slots, { patients, pupils }, { patients, pupils: more })
    expect(found.some(({ moved }) => moved > 0)).toBe(true)
    for (const { moved, most } of found) expect(moved).toBeLessThanOrEqual(most)
  })

  test.each([1, 2])('where its owner states that nobody has more than %i rows, and it has as many', async (rows) => {
    const slots = noisySlots({ unit, stated: { patients: rows } })
    for (const of of ['count(*) AS n, sum(cost) AS c', 'count(DISTINCT person) AS n, avg(cost) AS c, stddev(visits) AS s']) {
      const sql = `SELECT region, ${of} FROM patients GROUP BY region`
      const more = `${other} UNION ALL ${lone.replace('range(100)', `range(${rows})`).replace('SELECT 7', 'SELECT 70')}`
      const found = await changeOf(sql, slots, { patients: other }, { patients: more })
      expect(found.some(({ moved, most }) => moved > 0 && moved * unit.maxRowsPerUnit >= most)).toBe(true)
      for (const { moved, most } of found) expect(moved).toBeLessThanOrEqual(most)
    }
  })

  test('where values are rounded to the steps of a median', async () => {
    const slots = noisySlots({ unit })
    const others = other.replace(' 10,', ' i * 1234.56,')
    const coming = lone.replace('SELECT 7', 'SELECT 70').replace('1e9,', 'i * 77.77 - 300,')
    const histogramOf = async (rows: string) => {
      const { noise } = await allowedWithNoise(guard, slots, 'SELECT median(cost) AS c FROM patients', plenty)
      const database = await openDatabase(slots.filter(({ id }) => id === 'patients').map((slot) => ({ slot, rows })))
      const { histograms } = await exactTexts(database, noise)
      database.close()
      const { grid } = columnOf(noise.plan, 'quantile 1/2 cost')
      return { grid, rows: new Map(histograms[0]?.map(([v, n]) => [v, Number(n)])) }
    }
    const [without, beside] = [await histogramOf(others), await histogramOf(`${others} UNION ALL ${coming}`)]
    expect(beside.grid).toEqual({ numerator: 1n, denominator: 1n })
    const moved = [...new Set([...without.rows.keys(), ...beside.rows.keys()])].map((v) =>
      Math.abs((beside.rows.get(v) ?? 0) - (without.rows.get(v) ?? 0)),
    )
    expect(moved.reduce((a, b) => a + b, 0)).toBe(3)
  })

  test.each([undefined, 1])('rows of nobody count nowhere, however many there are, where %j row is stated', async (rows) => {
    const nobody = lone.replace('SELECT 7', 'SELECT NULL')
    const slots = noisySlots({ unit, stated: rows === undefined ? {} : { patients: rows } })
    for (const sql of [
      'SELECT region, count(*) AS n, sum(cost) AS c FROM patients GROUP BY region',
      'SELECT region, avg(cost) AS n, stddev(score) AS s, count(DISTINCT person) AS c FROM patients GROUP BY region',
      'SELECT count(*) AS n, sum(cost) AS c, count(age) FILTER (WHERE smoker) AS k FROM patients',
      "SELECT 'all', count(*) AS n, sum(k) AS c FROM (SELECT person, count(*) AS k FROM patients GROUP BY person) q",
    ]) {
      const found = await changeOf(sql, slots, { patients: other }, { patients: `${other} UNION ALL ${nobody}` })
      expect(found.map(({ moved }) => moved)).toEqual(found.map(() => 0))
    }
  })
})
