import { describe, expect, test } from 'vitest'
import { guardedDatabase } from './testing/by-hand.ts'
import { readable } from './testing/data.ts'

// One row per person first, then statistics over people; beside each, plain SQL with the threshold written by hand.

const { guarded, plain, check } = guardedDatabase()

const people = 'HAVING count(DISTINCT person) >= 5'

const cases: readonly (readonly [asks: string, sql: string, byHand: string])[] = [
  [
    'people by number of rows',
    'SELECT n, count(*) AS people FROM (SELECT person, count(*) AS n FROM patients GROUP BY person) q GROUP BY n',
    `SELECT n, count(*) FROM (SELECT person, count(*) AS n FROM patients GROUP BY person) GROUP BY n ${people} ORDER BY 1`,
  ],
  [
    'rows per person, by region',
    'SELECT region, avg(n) AS mean, median(n) AS middle, stddev(n) AS s FROM (SELECT person, region, count(*) AS n FROM patients GROUP BY 1, 2) q GROUP BY region',
    `SELECT region, avg(n), median(n), stddev(n) FROM (SELECT person, region, count(*) AS n FROM patients GROUP BY 1, 2) GROUP BY region ${people} ORDER BY 1`,
  ],
  [
    'cost per person, with everything that a unit can be asked for',
    `WITH q AS (SELECT person, sum(cost) AS s, avg(score) AS a, min(admitted) AS first, max(age) AS age, count(smoker) AS known, sum(visits * 2) AS v
                FROM patients WHERE age > 5 GROUP BY person)
     SELECT year(first) AS y, count(*) AS n, avg(s) AS s, avg(a) AS a, avg(age) AS age, sum(known) AS k, avg(v) AS v FROM q GROUP BY 1`,
    `SELECT year(f), count(*), avg(s), avg(a), avg(age), sum(k), avg(v) FROM (SELECT person, sum(cost) s, avg(score) a, min(admitted) f, max(age) age, count(smoker) k,
       sum(visits * 2) v FROM patients WHERE age > 5 GROUP BY person) GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'the share of people with more than three rows',
    "SELECT avg(CASE WHEN n > 3 THEN 1.0 ELSE 0 END) AS share FROM (SELECT person, count(*) AS n FROM patients WHERE admitted < '2020-03-01' GROUP BY person) q",
    `SELECT avg(CASE WHEN n > 3 THEN 1.0 ELSE 0 END) FROM (SELECT person, count(*) AS n FROM patients WHERE admitted < '2020-03-01' GROUP BY person)`,
  ],
  [
    'people with a flag, by HAVING and by a filter after',
    `WITH q AS (SELECT person, max(CASE WHEN smoker THEN 1 ELSE 0 END) AS ever, count(*) FILTER (WHERE admitted >= '2020-01-01') AS late, max(age) AS age
                FROM patients GROUP BY person HAVING count(*) > 2)
     SELECT ever, age // 30 AS band, count(*) AS n FROM q WHERE late > 0 GROUP BY 1, 2`,
    `SELECT ever, age // 30, count(*) FROM (SELECT person, max(CASE WHEN smoker THEN 1 ELSE 0 END) AS ever, count(*) FILTER (WHERE admitted >= '2020-01-01') AS late, max(age) AS age
       FROM patients GROUP BY person HAVING count(*) > 2) WHERE late > 0 GROUP BY 1, 2 ${people} ORDER BY 1, 2`,
  ],
  [
    'people in one register and what another says of them',
    `WITH p AS (SELECT person, sum(cost) AS cost FROM patients WHERE smoker GROUP BY person), q AS (SELECT pupil, school, avg(marks) AS marks FROM pupils GROUP BY pupil, school)
     SELECT school, count(*) AS n, avg(cost) AS cost, avg(marks) AS marks FROM p JOIN q ON p.person = q.pupil GROUP BY school`,
    `SELECT school, count(*), avg(cost), avg(marks) FROM (SELECT person, sum(cost) AS cost FROM patients WHERE smoker GROUP BY person)
       JOIN (SELECT pupil, school, avg(marks) AS marks FROM pupils GROUP BY pupil, school) ON person = pupil
     GROUP BY 1 HAVING count(DISTINCT person) >= 7 ORDER BY 1`,
  ],
  [
    'rows beside what is known of their person',
    `SELECT p.region, avg(p.cost) AS cost FROM patients p JOIN (SELECT person, count(*) AS n FROM patients GROUP BY person) q ON p.person = q.person WHERE q.n = 4 GROUP BY 1`,
    `SELECT region, avg(cost) FROM patients WHERE person IN (SELECT person FROM patients GROUP BY person HAVING count(*) = 4) GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'each person once per region',
    'SELECT region, count(*) AS people FROM (SELECT DISTINCT person, region FROM patients) q GROUP BY region',
    `SELECT region, count(DISTINCT person) FROM patients GROUP BY region ${people} ORDER BY 1`,
  ],
  [
    'persons in two steps',
    `SELECT active, count(*) AS n FROM (SELECT person, count(*) AS active FROM (SELECT person, month(admitted) AS m, count(*) AS k FROM patients GROUP BY 1, 2) a
       WHERE k >= 1 GROUP BY person) b GROUP BY active`,
    `SELECT active, count(*) FROM (SELECT person, count(DISTINCT month(admitted)) AS active FROM patients GROUP BY person) GROUP BY 1 ${people} ORDER BY 1`,
  ],
  [
    'two registers joined, then one row per person',
    'SELECT n, count(*) AS people FROM (SELECT p.person, count(*) AS n FROM patients p JOIN pupils q ON p.person = q.pupil GROUP BY p.person) x GROUP BY n',
    `SELECT n, count(*) FROM (SELECT person, count(*) AS n FROM patients JOIN pupils ON person = pupil GROUP BY person) GROUP BY n HAVING count(DISTINCT person) >= 7 ORDER BY 1`,
  ],
]

describe('statistics over units:', () => {
  for (const [asks, sql, byHand] of cases) {
    test(asks, async () => {
      const rows = readable(await guarded(sql))
      expect(rows).toEqual(readable(await plain(byHand)))
      expect(rows.length).toBeGreaterThan(0)
    })
  }

  test('a value that few units have is no group and fulfils no condition', async () => {
    // only the hermit has forty rows
    const per = '(SELECT person, count(*) AS n FROM patients GROUP BY person) q'
    expect(await guarded(`SELECT n, count(*) AS people FROM ${per} GROUP BY n HAVING n > 20`)).toEqual([])
    expect(await guarded(`SELECT count(*) AS people, sum(n) AS rows FROM ${per} WHERE n = 40`)).toEqual([])
    expect(await guarded(`SELECT count_if(n = 40) AS people, count(*) AS all FROM ${per}`)).toEqual([[null, 301n]])
    expect(await plain(`SELECT count(*) FROM ${per} WHERE n = 40`)).toEqual([[1n]])
  })

  test('sums of a unit are cut to its bounds times the rows that a unit may have', async () => {
    await plain("INSERT INTO patients SELECT i % 6 + 9000, 'x', 40, 'Edge', NULL, 1, 1, 50, NULL FROM range(12000) t(i)")
    const rows = await guarded(
      "SELECT sum(v) AS v, sum(n) AS n FROM (SELECT person, sum(visits) AS v, count(*) AS n FROM patients WHERE region = 'Edge' GROUP BY person) q",
    )
    await plain("DELETE FROM patients WHERE region = 'Edge'")
    expect(rows.map((r) => r.map(Number))).toEqual([[6 * 1000 * 50, 6 * 1000]])
  })

  test('a refusal names what was counted, not a name of the guard for it', async () => {
    const verdict = await check(
      'SELECT n, count(*) AS people FROM (SELECT person, count(cost) AS n FROM patients GROUP BY person) q GROUP BY n',
    )
    expect(verdict).toMatchObject({
      reasons: [{ code: 'column-not-allowed', message: 'the rules do not allow count of cost of patients as a dimension' }],
    })
  })

  test('what a unit is computed from is reported', async () => {
    const verdict = await check(
      'SELECT n, avg(c) AS c FROM (SELECT person, count(*) AS n, sum(cost) AS c FROM patients WHERE age > 3 GROUP BY person) q GROUP BY n',
    )
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    expect(verdict.report.datasets[0]).toMatchObject({ filtered: ['age'], aggregated: ['cost'], minimumGroupSize: 5 })
    expect(verdict.report.blocks).toMatchObject([{ kind: 'aggregate', reads: ['patients'], threshold: 5 }])
  })
})
