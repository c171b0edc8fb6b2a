import { describe, expect, test } from 'vitest'
import { guardedDatabase } from './testing/by-hand.ts'
import { readable } from './testing/data.ts'

// Rows that subqueries, self-joins and comma joins make, and that an aggregate around them takes; beside each, plain SQL
// with the threshold written by hand.

const { guarded, plain, check } = guardedDatabase()

const people = 'HAVING count(DISTINCT person) >= 5'
const both = 'HAVING count(DISTINCT person) >= 7 AND count(DISTINCT pupil) >= 7'

const cases: readonly (readonly [asks: string, sql: string, byHand: string])[] = [
  ['rows of a subquery', 'SELECT count(*) AS n FROM (SELECT age FROM patients) q', 'SELECT count(*) FROM patients'],
  [
    'a common table expression that filters and computes',
    `WITH adults AS (SELECT region, age // 10 * 10 AS decade, cost FROM patients WHERE age >= 18 AND admitted >= '2019-03-01' ORDER BY cost)
     SELECT decade, count(*) AS n, avg(cost) AS cost FROM adults WHERE region <> 'Region 2' GROUP BY decade`,
    `SELECT age // 10 * 10, count(*), avg(cost) FROM patients WHERE age >= 18 AND admitted >= '2019-03-01' AND region <> 'Region 2' GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'subqueries in subqueries, under new names',
    "SELECT r, sum(c * 2) AS s FROM (SELECT a AS r, b AS c FROM (SELECT region, cost, age FROM patients WHERE age < 50) x (a, b) WHERE a > 'Region 3') y GROUP BY r",
    `SELECT region, sum(cost * 2) FROM patients WHERE age < 50 AND region > 'Region 3' GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'two filtered registers joined on their units',
    `WITH p AS (SELECT person, age FROM patients WHERE age > 10), q AS (SELECT pupil, school, marks FROM pupils WHERE grade < 11)
     SELECT school, avg(age) AS age, avg(marks) AS marks FROM p JOIN q ON p.person = q.pupil GROUP BY school`,
    `SELECT school, avg(age), avg(marks) FROM patients JOIN pupils ON person = pupil WHERE age > 10 AND grade < 11 GROUP BY 1 ${both} ORDER BY 1`,
  ],
  [
    'tables separated by commas',
    `SELECT s.name, count(*) AS n FROM states s, flights f, airports a WHERE f.origin = a.iata AND a.state = s.code AND f.distance > 100 GROUP BY s.name`,
    `SELECT s.name, count(*) FROM states s, flights f, airports a WHERE f.origin = a.iata AND a.state = s.code AND f.distance > 100
     GROUP BY 1 HAVING count(DISTINCT f.origin) >= 2 ORDER BY 1`,
  ],
  [
    'protected datasets separated by a comma',
    'SELECT school, count(*) AS n FROM patients, pupils WHERE person = pupil AND age > 20 GROUP BY school',
    `SELECT school, count(*) FROM patients, pupils WHERE person = pupil AND age > 20 GROUP BY 1 ${both} ORDER BY 1`,
  ],
  [
    'a subquery on the far side of an outer join',
    `SELECT a.state, count(d) AS far FROM airports a LEFT JOIN (SELECT origin, distance AS d FROM flights WHERE distance > 1500) f ON a.iata = f.origin GROUP BY a.state`,
    `SELECT state, count(distance) FROM airports LEFT JOIN (SELECT * FROM flights WHERE distance > 1500) ON iata = origin GROUP BY 1
     HAVING count(DISTINCT origin) >= 2 ORDER BY 1`,
  ],
  [
    'a computed column on the far side of an outer join',
    `SELECT b, count(*) AS n FROM airports a LEFT JOIN (SELECT origin, CASE WHEN distance > 1500 THEN 'far' ELSE 'near' END AS b FROM flights) f ON a.iata = f.origin GROUP BY b`,
    `SELECT CASE WHEN distance > 1500 THEN 'far' WHEN origin IS NOT NULL THEN 'near' END, count(*) FROM airports LEFT JOIN flights ON iata = origin GROUP BY 1
     HAVING count(DISTINCT origin) >= 2 ORDER BY 1`,
  ],
  [
    'a dataset joined with itself on its unit',
    'SELECT a.region, count(*) AS pairs, avg(b.cost) AS later FROM patients a JOIN patients b ON a.person = b.person WHERE a.visits <= b.visits GROUP BY 1',
    `SELECT a.region, count(*), avg(b.cost) FROM patients a JOIN patients b ON a.person = b.person WHERE a.visits <= b.visits
     GROUP BY 1 HAVING count(DISTINCT a.person) >= 5 ORDER BY 1`,
  ],
  [
    'an inequality beside the equality of a join',
    'SELECT a.region, count(*) AS n FROM patients a JOIN patients b ON a.person = b.person AND a.visits <= b.visits AND b.age BETWEEN 10 AND 60 GROUP BY 1',
    `SELECT a.region, count(*) FROM patients a JOIN patients b ON a.person = b.person AND a.visits <= b.visits AND b.age BETWEEN 10 AND 60
     GROUP BY 1 HAVING count(DISTINCT a.person) >= 5 ORDER BY 1`,
  ],
  [
    'one expression used twice',
    'WITH q AS (SELECT person, region, cost FROM patients WHERE age > 30) SELECT x.region, count(*) AS n FROM q x JOIN q y USING (person) GROUP BY 1',
    `SELECT x.region, count(*) FROM patients x JOIN patients y USING (person) WHERE x.age > 30 AND y.age > 30
     GROUP BY 1 HAVING count(DISTINCT person) >= 5 ORDER BY 1`,
  ],
]

describe('an aggregate takes', () => {
  for (const [asks, sql, byHand] of cases) {
    test(asks, async () => {
      const rows = readable(await guarded(sql))
      expect(rows).toEqual(readable(await plain(byHand)))
      expect(rows.length).toBeGreaterThan(0)
    })
  }

  test('what a public selection leaves, under the rules of the column that it joins with', async () => {
    const selection =
      "WITH probe AS (SELECT name FROM states WHERE code = 'S1') SELECT count(*) AS n FROM patients p JOIN probe ON p.region = probe.name"
    const written = "SELECT count(*) AS n FROM patients p JOIN states probe ON p.region = probe.name WHERE code = 'S1'"
    expect(await guarded(selection)).toEqual(await guarded(written))
  })
})

describe('rows of a subquery', () => {
  test('that repeat within one person do not make a group', async () => {
    const sql =
      'SELECT a.region, count(*) AS n FROM patients a JOIN patients b ON a.person = b.person JOIN patients c ON b.person = c.person GROUP BY 1'
    const shown = readable(await guarded(sql)).join()
    expect(await plain("SELECT count(*) FROM patients WHERE region = 'Alone'")).toEqual([[40n]])
    expect(shown).toContain('Region 1')
    expect(shown).not.toContain('Alone')
  })

  test('answer to the rule of the dataset that a column is of, and not of the first', async () => {
    const picked = 'SELECT p.region AS r FROM states q JOIN patients p ON p.region = q.name WHERE p.age > 3'
    const verdict = await check(`SELECT count(s.r) AS n FROM states t LEFT JOIN (${picked}) s ON t.code = s.r`)
    const message = verdict.verdict === 'refused' ? verdict.reasons[0]?.message : 'allowed'
    expect(message).toBe('the rules do not allow count of region of patients')
  })

  test('are reported under the columns of their dataset', async () => {
    const verdict = await check(
      'WITH q AS (SELECT region AS r, cost AS c FROM patients WHERE age > 3) SELECT r, sum(c) AS s FROM states t LEFT JOIN (SELECT r, c FROM q) x ON t.name = x.r GROUP BY r',
    )
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    const use = verdict.report.datasets.find((d) => d.slot === 'patients')
    expect(use).toMatchObject({ joined: ['region'], filtered: ['age'], grouped: ['region'], aggregated: ['cost'] })
    expect(verdict.plan.slots).toContainEqual({ id: 'patients', columns: ['person', 'age', 'region', 'cost'] })
  })
})
