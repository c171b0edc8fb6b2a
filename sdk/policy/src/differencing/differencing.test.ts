import type { AnalysisRule } from '@reinraum/statements'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SlotInput } from '../analysis/slots.ts'
import { createGuard, type Guard } from '../guard.ts'
import { health } from '../testing/honest/health/health.ts'
import { openRoom, type RoomWithHistory } from '../testing/room-with-history.ts'
import { comparisonSql } from './comparison.ts'

const minimumGroupSize = 10

function slot(id: string, columns: Record<string, 'BIGINT' | 'VARCHAR'>, rule: Partial<AnalysisRule> = {}): SlotInput {
  return {
    id,
    schema: { columns: Object.entries(columns).map(([name, type]) => ({ name, type })) },
    rule: {
      version: 1,
      modes: ['aggregation'],
      privacyUnit: { column: 'person' },
      columns: {
        person: { join: true, filter: 'any', aggregate: ['count_distinct'] },
        city: { dimension: true, filter: 'any' },
        age: { dimension: true, filter: 'any' },
        cost: { aggregate: ['sum', 'avg', 'count', 'median'], bounds: [0, 1000], filter: 'any', expressions: true },
      },
      output: { minimumGroupSize, maxRows: 1000, differencing: 'suppressRow' },
      approvals: { by: ['clinic'], threshold: 'all' },
      ...rule,
    },
  }
}

const slots = [
  slot('people', { person: 'BIGINT', city: 'VARCHAR', age: 'BIGINT', cost: 'BIGINT' }),
  slot('visits', { person: 'BIGINT', city: 'VARCHAR', age: 'BIGINT', cost: 'BIGINT' }),
]

// 500 people: five cities of about 100, and Alone with 4 of them. One has the cost that all of this is about.
const people = `SELECT i, CASE WHEN i < 4 THEN 'Alone' ELSE 'City ' || (i % 5) END, 20 + i % 50, CASE i WHEN 42 THEN 777 ELSE i % 100 END
  FROM range(500) t(i)`
const rows = {
  people,
  visits: `SELECT person, city, age, cost FROM people, range(2)`,
}

let guard: Guard
let room: RoomWithHistory
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())
beforeEach(async () => {
  room = await openRoom(guard, slots, rows)
  return () => room.close()
})

describe('what an earlier result and a new one would tell by their difference', () => {
  const attacks: readonly (readonly [what: string, first: string, second: string])[] = [
    ['a total without one person', 'SELECT sum(cost) FROM people', 'SELECT sum(cost) FROM people WHERE person <> 42'],
    ['a total without a city of few', 'SELECT count(*) FROM people', `SELECT count(*) FROM people WHERE city <> 'Alone'`],
    [
      'a window that slides by one age',
      'SELECT sum(cost) FROM people WHERE age BETWEEN 30 AND 60 AND person < 400',
      'SELECT sum(cost) FROM people WHERE age BETWEEN 31 AND 60 AND person < 400',
    ],
    ['the part first, the whole after it', `SELECT count(*) FROM people WHERE city <> 'Alone'`, 'SELECT count(*) FROM people'],
    ['a person with several rows', 'SELECT sum(cost) FROM visits', 'SELECT sum(cost) FROM visits WHERE person <> 42'],
    [
      'a mean of those with a high cost',
      'SELECT avg(cost) FROM people WHERE cost > 40',
      'SELECT avg(cost) FROM people WHERE cost > 40 AND cost < 700',
    ],
  ]
  test.each(attacks)('%s does not come out', async (_, first, second) => {
    const [shown] = await room.run(first)
    expect(shown).toMatch(/^\d/)
    expect(['', 'NULL']).toContain((await room.run(second)).join())
  })

  test('a part of an aggregate does not come out, and the group beside it does', async () => {
    await room.run(`SELECT count(*), sum(cost) FILTER (WHERE age > 30) FROM people`)
    expect(await room.run(`SELECT count(*), sum(cost) FILTER (WHERE age > 30 AND person <> 42) FROM people`)).toEqual([
      '500 | NULL',
    ])
  })

  test('one group is hidden where one group changed, with another that would give it away', async () => {
    const cities = `SELECT city, count(*) FROM people WHERE city <> 'Alone' GROUP BY`
    const first = await room.run(`${cities} city ORDER BY 1`)
    expect(first.length).toBe(5)
    const later = await room.run(`${cities} ROLLUP (city) ORDER BY 1`, { changed: { people: `${people} WHERE i <> 42` } })
    // The total is there for the first time. Of the cities, City 2 has changed, and may not be what the others leave of it.
    expect(later).toContain('NULL | 495')
    expect(later.some((line) => line.startsWith('City 2'))).toBe(false)
    expect(later.filter((line) => line.startsWith('City')).length).toBe(3)
  })

  test('the same query over a version of the dataset with one person more shows nothing new', async () => {
    await room.run('SELECT sum(cost) FROM people')
    expect(
      await room.run('SELECT sum(cost) FROM people', {
        changed: { people: `${people} UNION ALL SELECT 9999, 'City 1', 30, 5` },
      }),
    ).toEqual([])
  })

  test('a total and nearly all of it do not come out of one query', async () => {
    const sql = `WITH a AS (SELECT count(*) AS n FROM people), b AS (SELECT count(*) AS m FROM people WHERE city <> 'Alone')
      SELECT n, m FROM a, b`
    expect(await room.run(sql)).toEqual([])
  })

  test('nor do a total and what a join leaves of it', async () => {
    const seen = '(SELECT person, count(*) AS often FROM visits WHERE person <> 42 GROUP BY person)'
    const sql = `WITH a AS (SELECT count(*) AS n FROM people),
      b AS (SELECT count(*) AS m FROM people p JOIN ${seen} v ON p.person = v.person) SELECT n, m FROM a, b`
    expect(await room.run(sql)).toEqual([])
  })

  test('what a value of an earlier block picks is compared too', async () => {
    await room.run('SELECT count(*) FROM people')
    const sql = `WITH a AS (SELECT count(*) AS n FROM people WHERE age > 30)
      SELECT count(*) FROM people WHERE person < (SELECT n + 105 FROM a)`
    expect(await room.run('SELECT count(*) FROM people WHERE age > 30')).toEqual(['390'])
    expect(await room.run(sql)).toEqual([])
  })
})

describe('honest queries', () => {
  test('give the same again and again, and keep it once', async () => {
    const sql = 'SELECT city, count(*), sum(cost), avg(cost) FROM people GROUP BY city ORDER BY 1'
    const first = await room.run(sql)
    expect(first.length).toBe(5)
    const kept = room.kept('people')
    for (let i = 0; i < 3; i++) expect(await room.run(sql)).toEqual(first)
    expect(room.kept('people')).toBe(kept)
  })

  test('give what they would give without a history, where groups differ by many', async () => {
    const queries = [
      'SELECT city, count(*), sum(cost) FROM people GROUP BY city ORDER BY 1',
      'SELECT age // 10 AS decade, count(*) FROM people GROUP BY 1 ORDER BY 1',
      'SELECT city, median(cost) FROM people WHERE age > 40 GROUP BY city ORDER BY 1',
      'SELECT count(*) FROM people WHERE age > 50',
      'SELECT city, count(DISTINCT person), count(*) FROM visits GROUP BY city ORDER BY 1',
      'SELECT p.city, count(*) FROM people p JOIN visits v ON p.person = v.person GROUP BY p.city ORDER BY 1',
    ]
    const plain = slots.map(({ rule, ...own }) => ({ ...own, rule: { ...rule, output: { minimumGroupSize, maxRows: 1000 } } }))
    const without = await openRoom(guard, plain, rows)
    try {
      for (const sql of queries) expect(await room.run(sql)).toEqual(await without.run(sql))
      expect(without.kept('people')).toBe(0)
    } finally {
      without.close()
    }
  })
})

describe('the corpus of honest queries', () => {
  // Each for itself, so that what is missing is near another cell of the same result.
  test('of public health runs, and loses few rows', async () => {
    const { datasets, questions } = health
    const asked = datasets.map(({ slot: { rule, ...own } }): SlotInput => {
      const output = { ...rule.output, differencing: 'suppressRow' as const }
      return { ...own, rule: rule.privacyUnit === 'none' ? rule : { ...rule, output } }
    })
    const made = Object.fromEntries(datasets.map(({ slot: { id }, rows: own }) => [id, own]))
    const without = await openRoom(
      guard,
      datasets.map((d) => d.slot),
      made,
    )
    const compared = await openRoom(guard, asked, made)
    let [shown, lost] = [0, 0]
    try {
      for (const { sql, parameters = [], values = {} } of questions) {
        compared.forget()
        const options = { parameters, values }
        const [plain, result] = [await without.run(sql, options), await compared.run(sql, options)]
        shown += plain.length
        lost += Math.max(0, plain.length - result.length)
      }
    } finally {
      without.close()
      compared.close()
    }
    expect(shown).toBeGreaterThan(0)
    expect(lost / shown).toBeLessThan(0.05)
  })
})

describe('what runs', () => {
  const check = (input: readonly SlotInput[]) =>
    guard.check({ sql: 'SELECT city, sum(cost) FROM people GROUP BY city', parameters: [], values: undefined, slots: input })

  test('is one statement where no rule asks for a comparison, and two that people read where one does', async () => {
    const [asked] = slots
    const without = await check([
      slot(
        'people',
        { person: 'BIGINT', city: 'VARCHAR', age: 'BIGINT', cost: 'BIGINT' },
        { output: { minimumGroupSize, maxRows: 10 } },
      ),
    ])
    if (without.verdict === 'refused' || asked === undefined) throw new Error('refused')
    expect(without.cells).toEqual([])
    expect(without.rewrittenSql).toBe(without.resultSql)
    expect(without.rewrittenSql).not.toContain('bit_xor')
    const verdict = await check([asked])
    if (verdict.verdict === 'refused') throw new Error('refused')
    expect(verdict.plan.differencing).toEqual(['people'])
    expect(verdict.rewrittenSql).toMatch(/^CREATE TEMP TABLE "cells_table" AS WITH [\s\S]+;\n[\s\S]+$/)
    expect(verdict.rewrittenSql.endsWith(verdict.resultSql)).toBe(true)
    expect(verdict.resultSql).not.toContain('people')
  })

  test('hides a cell with all that its units are known by, so that it counts for nothing beside others', async () => {
    const sql = 'SELECT city, count(*) FROM people GROUP BY ROLLUP (city)'
    const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
    const [cells] = verdict.verdict === 'allowed' ? verdict.cells : []
    if (cells === undefined) throw new Error('no cells')
    expect(cells.sketches.map(({ bits }) => bits)).toEqual([['k0_0']])
    const [hide] = comparisonSql(cells).hide
    expect(hide).toBe('UPDATE "cells_table" SET "m0" = 0, "k0_0" = NULL WHERE rowid IN')
  })
})
