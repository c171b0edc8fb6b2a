import { describe, expect, test } from 'vitest'
import { guardedDatabase } from './testing/by-hand.ts'
import { readable } from './testing/data.ts'

// People of one register who are in another too; beside each, plain SQL with both thresholds written by hand.

const { guarded, plain, check } = guardedDatabase()

const people = 'HAVING count(DISTINCT person) >= 7'

const cases: readonly (readonly [asks: string, sql: string, byHand: string])[] = [
  [
    'patients who are pupils',
    'SELECT region, count(*) AS n, avg(cost) AS cost FROM patients WHERE age > 10 AND person IN (SELECT pupil FROM pupils WHERE grade >= 8) GROUP BY region',
    `SELECT region, count(*), avg(cost) FROM patients WHERE age > 10 AND person IN (SELECT pupil FROM pupils WHERE grade >= 8) GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'the same, by EXISTS',
    'SELECT smoker, count(*) AS n FROM patients p WHERE EXISTS (SELECT 1 FROM pupils q WHERE q.pupil = p.person AND q.grade >= 8) GROUP BY smoker',
    `SELECT smoker, count(*) FROM patients WHERE person IN (SELECT pupil FROM pupils WHERE grade >= 8) GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'pupils with many stays, each counted once',
    'SELECT school, count(*) AS n, avg(marks) AS marks FROM pupils WHERE pupil IN (SELECT person FROM patients GROUP BY person HAVING count(*) > 3) GROUP BY school',
    `SELECT school, count(*), avg(marks) FROM pupils WHERE pupil IN (SELECT person FROM patients GROUP BY person HAVING count(*) > 3)
     GROUP BY 1 HAVING count(DISTINCT pupil) >= 7 ORDER BY 1`,
  ],
  [
    'people with an early and a late stay',
    `SELECT region, count(DISTINCT person) AS n FROM patients WHERE admitted < '2019-06-01' AND person IN (SELECT DISTINCT person FROM patients WHERE admitted > '2020-01-01') GROUP BY region`,
    `SELECT region, count(DISTINCT person) FROM patients WHERE admitted < '2019-06-01' AND person IN (SELECT person FROM patients WHERE admitted > '2020-01-01')
     GROUP BY 1 HAVING count(DISTINCT person) >= 5 ORDER BY 1`,
  ],
  [
    'patients with partners within a table expression, and rows per person',
    `WITH q AS (SELECT person, count(*) AS n FROM patients WHERE person IN (SELECT pupil FROM pupils) GROUP BY person) SELECT n, count(*) AS people FROM q GROUP BY n`,
    `SELECT n, count(*) FROM (SELECT person, count(*) AS n FROM patients WHERE person IN (SELECT pupil FROM pupils) GROUP BY person) GROUP BY n ${people} ORDER BY 1`,
  ],
  [
    'patients of regions that were released, who are pupils',
    `SELECT region, count(*) AS n FROM patients WHERE region IN (SELECT region FROM patients GROUP BY region HAVING count(*) > 91) AND person IN (SELECT pupil FROM pupils) GROUP BY region`,
    `SELECT region, count(*) FROM patients WHERE region IN (SELECT region FROM patients GROUP BY region HAVING count(*) > 91) AND person IN (SELECT pupil FROM pupils)
     GROUP BY 1 ${people} ORDER BY 1`,
  ],
]

describe('an aggregate over', () => {
  for (const [asks, sql, byHand] of cases) {
    test(asks, async () => {
      const rows = readable(await guarded(sql))
      expect(rows).toEqual(readable(await plain(byHand)))
      expect(rows.length).toBeGreaterThan(0)
    })
  }

  test('few partners shows nothing, however many are asked about', async () => {
    // a list of people who are no patients, and one who is: the shape of a probe
    await plain(
      "CREATE TABLE kept AS SELECT * FROM pupils; DELETE FROM pupils; INSERT INTO pupils SELECT 100000 + i, 'probe', 5, 50 FROM range(60) t(i); INSERT INTO pupils VALUES (42, 'probe', 5, 50)",
    )
    const rows = await guarded(
      "SELECT count(*) AS n FROM patients WHERE person IN (SELECT pupil FROM pupils WHERE school = 'probe')",
    )
    const found = await plain('SELECT count(DISTINCT person) FROM patients WHERE person IN (SELECT pupil FROM pupils)')
    await plain('DELETE FROM pupils; INSERT INTO pupils SELECT * FROM kept; DROP TABLE kept')
    expect(found).toEqual([[1n]])
    expect(rows).toEqual([])
  })

  test('partners reports both registers and the larger minimum', async () => {
    const verdict = await check('SELECT count(*) AS n FROM patients WHERE person IN (SELECT pupil FROM pupils WHERE grade > 6)')
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    expect(verdict.report.minimumGroupSize).toBe(7)
    expect(verdict.report.datasets.map(({ slot, joined, filtered }) => ({ slot, joined, filtered }))).toEqual([
      { slot: 'patients', joined: ['person'], filtered: [] },
      { slot: 'pupils', joined: ['pupil'], filtered: ['grade'] },
    ])
  })
})
