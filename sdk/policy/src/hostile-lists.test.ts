import type { ColumnRule } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard, type SlotInput } from './index.ts'
import { type Database, openDatabase, readable } from './testing/data.ts'
import { slots } from './testing/slots.ts'

// The analyst brings a list: the hermit, nineteen people who do not exist, and every one of them many times. A threshold
// counts the units of each dataset by themselves, so what the analyst makes up is of no help, whatever the list calls itself.

const open: ColumnRule = { dimension: true, join: true, filter: 'any', aggregate: ['count', 'count_distinct'], expressions: true }
const columns: Record<string, ColumnRule> = {
  who: open,
  place: open,
  mark: { ...open, aggregate: ['sum', 'count'], bounds: [0, 1] },
}
const schema = { columns: Object.keys(columns).map((name) => ({ name, type: name === 'place' ? 'VARCHAR' : 'BIGINT' }) as const) }

function list(id: string, unit: string | null): SlotInput {
  const rule: SlotInput['rule'] = {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: unit === null ? 'none' : { column: unit },
    columns,
    output: { minimumGroupSize: 2, maxRows: 100 },
    approvals: { by: ['analyst'], threshold: 'all' },
  }
  return { id, owner: 'analyst', schema, rule }
}

const lists = [list('people', 'who'), list('public_people', null)]

/** Owners who trust the analyst's own lists, and owners who do not say so. */
const trusting = [
  ...slots.map((s) => ({ ...s, rule: { ...s.rule, join: { condition: 'notRequired', with: ['analyst'] } } }) as SlotInput),
  ...lists,
]
const silent = [...slots, ...lists]

let guard: Guard
let database: Database
beforeAll(async () => {
  ;[guard, database] = await Promise.all([createGuard(), openDatabase()])
  for (const name of ['people', 'public_people']) {
    await database.query(`CREATE TABLE ${name} AS SELECT CASE i % 20 WHEN 0 THEN 5000 ELSE 900000 + i % 20 END::BIGINT AS who,
      'Alone' AS place, (i % 20 = 0)::BIGINT AS mark FROM range(2000) t(i)`)
  }
})
afterAll(async () => {
  database.close()
  await guard.close()
})

async function rowsOf(sql: string, asked = trusting): Promise<readonly string[] | string> {
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots: asked, by: 'analyst' })
  return verdict.verdict === 'refused' ? String(verdict.reasons[0]?.code) : readable(await database.query(verdict.rewrittenSql))
}

for (const own of ['people', 'public_people']) {
  describe(`a list of the analyst’s own, as ${own}, gives nobody away`, () => {
    const joined = `FROM patients p JOIN ${own} q ON p.person = q.who`
    const harmless: readonly (readonly [tries: string, sql: string])[] = [
      ['joined on the unit', `SELECT count(*) AS n, sum(p.cost) AS c ${joined}`],
      ['joined on the unit and grouped by what it says', `SELECT q.mark, p.region, count(*) AS n ${joined} GROUP BY 1, 2`],
      ['joined on the unit and filtered by what it says', `SELECT count(*) AS n, avg(p.age) AS a ${joined} WHERE q.mark = 1`],
      ['as units counted once', `SELECT count(DISTINCT q.who) AS n ${joined}`],
      ['joined twice', `SELECT count(*) AS n ${joined} JOIN ${own} r ON q.who = r.who`],
      ['joined on an attribute', `SELECT count(*) AS n FROM patients p JOIN ${own} q ON p.region = q.place`],
      ['asked by IN', `SELECT count(*) AS n, sum(cost) AS c FROM patients WHERE person IN (SELECT who FROM ${own})`],
      ['asked by EXISTS', `SELECT count(*) AS n FROM patients p WHERE EXISTS (SELECT 1 FROM ${own} q WHERE q.who = p.person)`],
      [
        'joined with rows of units',
        `SELECT count(*) AS n, sum(c) AS c FROM (SELECT person, sum(cost) AS c FROM patients GROUP BY person) p JOIN ${own} q ON p.person = q.who`,
      ],
      [
        'under FILTER, beside everybody',
        `SELECT sum(p.cost) FILTER (WHERE q.mark = 1) AS c FROM patients p LEFT JOIN ${own} q ON p.person = q.who`,
      ],
      [
        'counted where it has a value, beside everybody',
        `SELECT count(q.mark) AS c FROM patients p LEFT JOIN ${own} q ON p.person = q.who`,
      ],
    ]
    for (const [tries, sql] of harmless) {
      test(tries, async () => {
        const result = await rowsOf(sql)
        if (typeof result === 'string')
          expect(['join-not-allowed', 'subquery-not-allowed', 'filter-not-allowed']).toContain(result)
        else expect(result.filter((row) => row.split(' | ').some((value) => value !== 'NULL'))).toEqual([])
      })
    }
  })
}

test('rows of the list fill no group that the owner’s rows leave empty', async () => {
  const stack = 'SELECT region AS r, age AS a FROM patients WHERE age = 33 UNION ALL SELECT place, who FROM people'
  expect(await rowsOf(`SELECT r, count(*) AS n FROM (${stack}) q GROUP BY r`)).toEqual(['Alone | 2000'])
  expect(await rowsOf(`SELECT count(*) AS n FROM (${stack}) q WHERE a <= 33 OR a >= 5000`)).toEqual(['2000'])
})

const joined = (own: string) => `FROM patients p JOIN ${own} q ON p.person = q.who`
test.each([
  ['marks of one person', `SELECT sum(q.mark) AS n ${joined('people')}`],
  ['nineteen people who are known, and one more', `SELECT count(DISTINCT q.who) AS n ${joined('public_people')}`],
  ['a list by IN', 'SELECT count(*) AS n FROM patients WHERE person IN (SELECT who FROM people)'],
  ['a list by EXISTS', 'SELECT count(*) AS n FROM patients p WHERE EXISTS (SELECT 1 FROM people q WHERE q.who = p.person)'],
  ['a list of places', 'SELECT count(*) AS n FROM patients p JOIN public_people q ON p.region = q.place'],
  ['rows picked before', `SELECT count(*) AS n FROM (SELECT p.region AS r, q.mark AS m ${joined('people')}) x WHERE m = 1`],
  [
    'rows of units',
    `SELECT count(*) AS n FROM (SELECT person, sum(cost) AS c FROM patients GROUP BY person) p JOIN people q ON p.person = q.who`,
  ],
])('no list of who asks joins rows of an owner who does not name them: %s', async (_, sql) => {
  expect(await rowsOf(sql, silent)).toBe('join-not-allowed')
})

test('who names nobody still lets others join, and results of the list', async () => {
  const others = 'SELECT count(*) AS n FROM patients p JOIN pupils q ON p.person = q.pupil'
  expect(await rowsOf(others, silent)).not.toBe('join-not-allowed')
  const beside = 'SELECT a.n, b.m FROM (SELECT count(*) AS n FROM patients) a, (SELECT count(*) AS m FROM people) b'
  expect(typeof (await rowsOf(beside, silent))).toBe('object')
})
