import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard, type SlotInput } from './index.ts'
import { type Database, openDatabase, readable } from './testing/data.ts'
import { slots } from './testing/slots.ts'

// Rows of patients that join with the pupils of whoever asks: the mode `overlap`.

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

const owners: Readonly<Record<string, string>> = { patients: 'hospital', pupils: 'school', states: 'office', flights: 'airline' }

/** Patients may overlap, and nothing else is changed. */
function slotsWith(modes: SlotInput['rule']['modes']): readonly SlotInput[] {
  return slots.map((slot) => ({
    ...slot,
    ...(owners[slot.id] === undefined ? {} : { owner: owners[slot.id] as string }),
    rule: slot.id === 'patients' ? { ...slot.rule, modes } : slot.rule,
  }))
}

async function verdictOf(sql: string, by: string | undefined = 'school', modes: SlotInput['rule']['modes'] = ['overlap']) {
  const asked = by === undefined ? {} : { by }
  return guard.check({ sql, parameters: [], values: undefined, slots: slotsWith(modes), ...asked })
}

async function codeOf(sql: string, by?: string, modes?: SlotInput['rule']['modes']): Promise<string> {
  const verdict = await verdictOf(sql, by ?? 'school', modes)
  return verdict.verdict === 'refused' ? String(verdict.reasons[0]?.code) : 'allowed'
}

const overlap = 'FROM patients p JOIN pupils q ON p.person = q.pupil'

describe('an overlap', () => {
  test('gives the rows that join, their dimensions only, in one order', async () => {
    const verdict = await verdictOf(`SELECT q.school, p.region, p.age ${overlap} WHERE p.age > 60 ORDER BY p.age DESC LIMIT 40`)
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    const rows = readable(await database.query(verdict.rewrittenSql))
    const plain = await database.query(`SELECT school, region, age ${overlap} WHERE age > 60 ORDER BY age DESC, 1, 2, 3 LIMIT 40`)
    expect(rows).toEqual(readable(plain))
    expect(rows.length).toBe(40)
    expect(verdict.report.blocks).toMatchObject([{ kind: 'overlap', reads: ['patients', 'pupils'], threshold: null }])
    expect(verdict.report.datasets[0]).toMatchObject({ slot: 'patients', shown: ['age', 'region'], filtered: ['age'] })
  })

  test('may look up public data and be written with a comma', async () => {
    const sql =
      'SELECT DISTINCT p.region, s.code FROM patients p, pupils q LEFT JOIN states s ON q.school = s.name WHERE p.person = q.pupil'
    expect(await codeOf(sql)).toBe('allowed')
    expect(await codeOf(`SELECT r FROM (SELECT p.region AS r ${overlap} WHERE p.age > 9) x`)).toBe('allowed')
  })

  const refused: readonly (readonly [tries: string, code: string, sql: string])[] = [
    ['a column that is no dimension', 'column-not-allowed', `SELECT p.cost ${overlap}`],
    ['a name', 'column-not-allowed', `SELECT p.name ${overlap}`],
    ['the unit that both share', 'column-not-allowed', `SELECT q.pupil ${overlap}`],
    [
      'a column that is no dimension, in a CASE',
      'column-not-allowed',
      `SELECT CASE WHEN p.cost > 1000 THEN 'high' END ${overlap}`,
    ],
    ['the order of a column that is no dimension', 'column-not-allowed', `SELECT p.age ${overlap} ORDER BY p.cost`],
    ['a filter on a column that has none', 'filter-not-allowed', `SELECT p.age ${overlap} WHERE p.cost > 1000`],
    ['rows that have no partner', 'join-required', 'SELECT p.age FROM patients p LEFT JOIN pupils q ON p.person = q.pupil'],
    ['rows without a join', 'join-required', 'SELECT age FROM patients'],
    [
      'rows that join with a public dataset alone',
      'join-required',
      'SELECT p.age FROM patients p JOIN states s ON p.region = s.name',
    ],
    ['rows of everybody beside the own ones', 'join-required', 'SELECT p.age FROM patients p CROSS JOIN pupils q'],
    ['rows that join with themselves', 'join-required', 'SELECT p.age FROM patients p JOIN patients q ON p.person = q.person'],
    [
      'counts of a person',
      'raw-rows',
      'SELECT n FROM (SELECT person, count(*) AS n FROM patients GROUP BY person) p JOIN pupils q ON p.person = q.pupil',
    ],
    ['an aggregate, which is of another mode', 'mode-not-allowed', `SELECT count(*) ${overlap}`],
    ['an overlap in a union', 'raw-rows', `SELECT p.region ${overlap} UNION ALL SELECT code FROM states`],
  ]
  for (const [tries, code, sql] of refused) {
    test(`refuses ${tries}`, async () => {
      expect(await codeOf(sql)).toBe(code)
    })
  }

  test('is for the owner of the other dataset only, and for rules that have the mode', async () => {
    const sql = `SELECT p.region ${overlap}`
    expect(await codeOf(sql)).toBe('allowed')
    expect(await codeOf(sql, 'office')).toBe('mode-not-allowed')
    expect(await codeOf(sql, 'hospital')).toBe('raw-rows')
    expect(await codeOf(sql, 'school', ['aggregation', 'template'])).toBe('raw-rows')
    const nobody = await guard.check({ sql, parameters: [], values: undefined, slots: slotsWith(['overlap']) })
    expect(nobody.verdict === 'refused' && nobody.reasons[0]?.code).toBe('raw-rows')
    const unowned = slotsWith(['overlap']).map(({ owner: _, ...slot }) => slot)
    const anybody = await guard.check({ sql, parameters: [], values: undefined, slots: unowned, by: 'school' })
    expect(anybody.verdict === 'refused' && anybody.reasons[0]?.code).toBe('mode-not-allowed')
  })
})
