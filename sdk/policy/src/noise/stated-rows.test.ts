import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlotInput } from '../analysis/slots.ts'
import { createGuard, type Guard } from '../guard.ts'
import { openDatabase } from '../testing/data.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { allowedWithNoise, exactTexts, plenty } from '../testing/noisy-room.ts'
import { addNoise, noiseSteps } from './add-noise.ts'

// What an owner states of the rows per unit spares numbering them, where it is believed. Where it is not, the same rows stay as if
// nothing had been stated.

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

type Changes = Parameters<typeof noisySlots>[0]
type Rows = Readonly<Record<string, string>>

const patient = (person: string, rows: number) =>
  `SELECT ${person}, 'n', 50, 'Region ' || i % 5, DATE '2020-01-01', 100 * i, 1, 50, i % 2 = 0 FROM range(${rows}) t(i)`
const pupil = (pupil: string, rows: number) => `SELECT ${pupil}, 'School', i % 9, 50 FROM range(${rows}) t(i)`

const unit = { maxRowsPerUnit: 3, maxGroupsPerUnit: 2 }

/** The same rule, which allows different ages to be counted too. */
function countingAges(slot: SlotInput): SlotInput {
  const { age } = slot.rule.columns
  if (age === undefined) return slot
  const counted = { ...age, aggregate: [...(age.aggregate ?? []), 'count_distinct' as const] }
  return { ...slot, rule: { ...slot.rule, columns: { ...slot.rule.columns, age: counted } } }
}

/** @param changes of the rules */
async function ask(sql: string, rows: Rows, stated: Readonly<Record<string, number>> = {}, changes: Changes = {}) {
  const slots = noisySlots({ unit, stated, ...changes }).map(countingAges)
  const { noise } = await allowedWithNoise(guard, slots, sql, plenty)
  const own = slots.flatMap((slot) => (rows[slot.id] === undefined ? [] : [{ slot, rows: rows[slot.id] ?? '' }]))
  const database = await openDatabase(own)
  try {
    const { cells, histograms } = await exactTexts(database, noise)
    const texts = [noise.cellsSql, ...noise.histograms.map((h) => h.sql)]
    const numbered = texts.some((text) => /row_number|dense_rank/.test(text))
    return {
      cells: cells.map(String).sort(),
      histograms: histograms.flat().map(String).sort(),
      plan: noise.plan,
      numbered,
      texts,
    }
  } finally {
    database.close()
  }
}

const byRegion =
  'SELECT region, count(*) AS n, count(DISTINCT person) AS p, sum(cost) AS s, median(age) AS m FROM patients GROUP BY region'
const all = 'SELECT count(*) AS n, count(DISTINCT person) AS p FROM patients'

describe('of a dataset alone what its owner states is believed', () => {
  const twoEach = { patients: `${patient('i // 2', 40)} UNION ALL ${patient('NULL', 30)}` }
  const oneEach = { patients: `${patient('i', 40)} UNION ALL ${patient('NULL', 30)}` }

  test.each([
    ['fewer rows than either bound', twoEach, 2, false],
    ['as many rows as one bound, and more than the other', twoEach, 3, true],
    ['more rows than either bound', twoEach, 4, true],
    ['one row, and rows of nobody', oneEach, 1, false],
  ])('%s: the cells are the same, and so is the noise', async (_, rows, stated, numbered) => {
    const [without, withIt] = [await ask(byRegion, rows), await ask(byRegion, rows, { patients: stated })]
    expect([without.numbered, withIt.numbered]).toEqual([true, numbered])
    expect(withIt.cells).toEqual(without.cells)
    expect(withIt.histograms).toEqual(without.histograms)
    expect(withIt.plan).toEqual(without.plan)
    expect(without.cells.length).toBe(5)
  })

  test('units with one row each are not looked at twice', async () => {
    expect((await ask(byRegion, oneEach, { patients: 1 })).texts.join()).not.toContain('count(DISTINCT')
    expect((await ask(byRegion, twoEach, { patients: 2 })).texts.join()).toContain('count(DISTINCT')
  })

  test('a group of rows of nobody is no cell', async () => {
    const rows = { patients: `${patient('i', 40)} UNION ALL ${patient('NULL', 30).replace("'Region ' || i % 5", "'Nowhere'")}` }
    for (const domain of [undefined, ['Region 0', 'Nowhere']]) {
      const [without, withIt] = [
        await ask(byRegion, rows, {}, { domain }),
        await ask(byRegion, rows, { patients: 1 }, { domain }),
      ]
      expect(withIt.cells).toEqual(without.cells)
      expect(withIt.cells.join()).not.toContain('Nowhere')
      expect(withIt.histograms).toEqual(without.histograms)
    }
  })

  test('of different values those that rows of nobody have too count', async () => {
    const values = 'SELECT region, count(DISTINCT age) AS n FROM patients GROUP BY region'
    for (const [rows, stated] of [
      [oneEach, 1],
      [twoEach, 2],
    ] as const) {
      const { numbered, cells } = await ask(values, rows, { patients: stated })
      expect([numbered, cells]).toEqual([false, (await ask(values, rows)).cells])
      expect(cells.map((cell) => cell.split(',')[1])).toEqual(['1', '1', '1', '1', '1'])
    }
  })

  test('a false one counts more rows of its own units than the rule says: it is the owner who said so', async () => {
    const false_ = await ask(all, { patients: patient('7', 100) }, { patients: 1 })
    expect(false_.cells).toEqual(['100,100'])
    expect((await ask(all, { patients: patient('7', 100) })).cells).toEqual(['3,1'])
  })

  test('rows that are grouped by the unit are one each, whatever is stated', async () => {
    const perUnit = 'SELECT count(*) AS n, sum(k) AS s FROM (SELECT person, count(*) AS k FROM patients GROUP BY person) q'
    for (const stated of [undefined, 4, 100]) {
      const found = await ask(perUnit, { patients: patient('i % 9', 100) }, stated === undefined ? {} : { patients: stated })
      expect([found.numbered, found.cells]).toEqual([false, ['9,27,9']])
    }
  })
})

describe('enough rows are enough units', () => {
  // of at most three rows each: 60 rows are of 20 units
  const rows = {
    patients: [
      ...[59, 60, 61].map((n) => `${patient(`${1000 * n} + i // 3`, n).replace("'Region ' || i % 5", `'Region ${n}'`)}`),
      patient('1000 + i', 25).replace("'Region ' || i % 5", "'Many with one'"),
      patient('2000 + i', 5).replace("'Region ' || i % 5", "'Few'"),
    ].join(' UNION ALL '),
  }
  const output = { minimumGroupSize: 20 }
  const domain = ['Region 59', 'Region 60', 'Region 61', 'Many with one', 'Few', 'Empty']
  const changes = { unit: { maxRowsPerUnit: 3, maxGroupsPerUnit: 3 }, output, domain }
  const counted = 'SELECT region, count(*) AS n FROM patients GROUP BY region'

  /** Region → rows, as they come out, and the regions whose units are read. */
  async function shown(sql: string, stated?: number) {
    const slots = noisySlots({ ...changes, ...(stated === undefined ? {} : { stated: { patients: stated } }) })
    const { noise } = await allowedWithNoise(guard, slots, sql, plenty)
    const patients = slots.flatMap((slot) => (slot.id === 'patients' ? [{ slot, rows: rows.patients }] : []))
    const database = await openDatabase(patients)
    try {
      const exact = await exactTexts(database, noise)
      const open = [...noiseSteps(noise)(exact).open()].flatMap((key) => key ?? [])
      return { noise, open, groups: addNoise(noise, exact).map(([region]) => region) }
    } finally {
      database.close()
    }
  }

  test('units are read of the other groups alone, and those with enough are shown', async () => {
    const { noise, open, groups } = await shown(counted, 3)
    expect(noise.cellsSql).not.toContain('count(DISTINCT')
    expect(open).toEqual(['Region 59', 'Many with one', 'Few', 'Empty'])
    // 59 rows are of 20 units too: the last of them has two
    expect(groups).toEqual(['Region 59', 'Region 60', 'Region 61', 'Many with one'])
  })

  test('what comes out is the same as where nothing is stated', async () => {
    const without = await shown(counted)
    expect([without.noise.units, without.open]).toEqual([null, []])
    expect((await shown(counted, 3)).groups).toEqual(without.groups)
  })

  test('of a median too, which counts nothing itself', async () => {
    const median = 'SELECT region, median(age) AS m FROM patients GROUP BY region'
    expect((await shown(median, 3)).groups).toEqual((await shown(median)).groups)
    expect((await shown(median, 3)).open).toEqual(['Region 59', 'Many with one', 'Few', 'Empty'])
  })

  test('without groups there is one question', async () => {
    const { noise, open, groups } = await shown('SELECT count(*) AS n FROM patients', 3)
    expect([open, groups.length]).toEqual([[], 1])
    const few = await shown("SELECT count(*) AS n FROM patients WHERE region = 'Few'", 3)
    expect([few.open, few.groups]).toEqual([[null], []])
    expect(noise.units?.sql).toContain('DISTINCT')
  })

  test.each([
    ['where units are asked for', 'SELECT region, count(DISTINCT person) AS n FROM patients GROUP BY region', 3],
    ['where rows are more than the bounds allow', counted, 4],
    ['where each has one row', counted, 1],
  ])('%s nothing is spared', async (_, sql, stated) => {
    expect((await shown(sql, stated)).noise.units).toBeNull()
  })
})

describe('beside what may multiply rows it is not', () => {
  const onUnit = 'patients p JOIN pupils q ON p.person = q.pupil'
  const hermit = patient('7', 100)

  test.each([
    ['a false one of the other dataset', `SELECT count(*) AS n FROM ${onUnit}`, { pupils: 1 }],
    ['a false one of either', `SELECT count(*) AS n FROM ${onUnit}`, { patients: 1, pupils: 1 }],
    [
      'one of the dataset that rows are kept of',
      'SELECT count(*) AS n FROM patients p LEFT JOIN (SELECT pupil, sum(marks) AS m FROM pupils GROUP BY pupil) q ON p.person = q.pupil',
      { patients: 1, pupils: 1 },
    ],
    [
      'one of units that the other dataset has',
      'SELECT count(*) AS n FROM patients WHERE person IN (SELECT pupil FROM pupils)',
      { patients: 1, pupils: 1 },
    ],
  ])('%s lets no unit count in more rows than the rules say', async (_, sql, stated) => {
    const rows = { patients: `${hermit} UNION ALL ${patient('8', 1)}`, pupils: `${pupil('7', 50)} UNION ALL ${pupil('8', 50)}` }
    const [without, withIt] = [await ask(sql, rows), await ask(sql, rows, stated)]
    expect(withIt.numbered).toBe(true)
    expect(withIt.texts).toEqual(without.texts)
    expect(Number(withIt.cells[0]?.split(',')[0])).toBeLessThanOrEqual(6)
  })

  test('a true one does not either where a public dataset has a row more than once', async () => {
    const sql = 'SELECT count(*) AS n FROM patients p JOIN states s ON p.region = s.code'
    const rows = {
      patients: `${patient('7', 1)} UNION ALL ${patient('8', 1)}`,
      states: "SELECT 'Region 0', 'State' FROM range(50)",
    }
    const found = await ask(sql, rows, { patients: 1 })
    expect(found.numbered).toBe(true)
    expect(found.cells.map((cell) => cell.split(',')[0])).toEqual(['6'])
  })

  test('nor where rows of such a join are picked before another', async () => {
    const sql =
      'SELECT count(s.v) AS n FROM states t JOIN (SELECT p.region AS r, p.visits AS v, p.person AS who FROM patients p JOIN states q ON p.region = q.code) s ON t.code = s.r'
    const rows = { patients: patient('7', 1), states: "SELECT 'Region 0', 'State' FROM range(50)" }
    const found = await ask(sql, rows, { patients: 1 })
    expect(found.cells.map((cell) => cell.split(',')[0])).toEqual(['3'])
  })
})
