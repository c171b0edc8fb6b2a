import { describe, expect, test } from 'vitest'
import { guardedDatabase } from './testing/by-hand.ts'
import { readable } from './testing/data.ts'

// Registers of several agencies under each other. A register counts in a group if enough of its own units are in it; by
// hand, each branch is cut by itself and what is left is added up.

const { guarded, plain, check } = guardedDatabase()

const patients = "SELECT region AS place, age AS years, cost AS amount, 'patients' AS register FROM patients WHERE age > 5"
const pupils = "SELECT school, grade, marks, 'pupils' FROM pupils"

/** Either branch grouped and cut by itself, at the larger minimum of the two. */
const cut = (items: string, groups: string) =>
  `SELECT ${items} FROM (SELECT region AS place, age AS years, cost AS amount, 'patients' AS register, person AS unit FROM patients WHERE age > 5) ${groups}
   HAVING count(DISTINCT unit) >= 7 UNION ALL
   SELECT ${items} FROM (SELECT school AS place, grade AS years, marks AS amount, 'pupils' AS register, pupil AS unit FROM pupils) ${groups} HAVING count(DISTINCT unit) >= 7`

const cases: readonly (readonly [asks: string, sql: string, byHand: string])[] = [
  [
    'two registers by place',
    `SELECT place, count(*) AS n, sum(years) AS y FROM (${patients} UNION ALL ${pupils}) q GROUP BY place`,
    `SELECT place, sum(n), sum(y) FROM (${cut('place, count(*) AS n, sum(years) AS y', 'GROUP BY place')}) GROUP BY place ORDER BY 1`,
  ],
  [
    'two registers by age, where both have people of some ages',
    `WITH all_rows AS (${patients} UNION ALL ${pupils}) SELECT years, count(*) AS n, avg(years) AS mean FROM all_rows WHERE years < 30 GROUP BY years`,
    `SELECT years, sum(n), sum(y) / sum(n) FROM (${cut('years, count(*) AS n, sum(years) AS y', 'GROUP BY years')}) WHERE years < 30 GROUP BY 1 ORDER BY 1`,
  ],
  [
    'registers beside each other by their names',
    `SELECT register, count(*) AS n, sum(amount) AS s FROM (${patients} UNION ALL ${pupils}) q GROUP BY register`,
    cut("'x', count(*), sum(amount)", '').replaceAll("'x'", 'any_value(register)'),
  ],
  [
    'a total of both',
    `SELECT count(*) AS n, avg(years) AS y, stddev(years) AS s FROM (${patients} UNION ALL ${pupils}) q`,
    `SELECT count(*), avg(years), stddev(years) FROM (SELECT age AS years FROM patients WHERE age > 5 UNION ALL SELECT grade FROM pupils)`,
  ],
  [
    'people of both registers',
    'SELECT count(DISTINCT unit) AS people, count(*) FILTER (WHERE years < 10) AS young FROM (SELECT person AS unit, age AS years FROM patients UNION ALL SELECT pupil, grade FROM pupils) q',
    `SELECT (SELECT count(DISTINCT person) FROM patients) + (SELECT count(DISTINCT pupil) FROM pupils),
       (SELECT count(*) FROM patients WHERE age < 10) + (SELECT count(*) FROM pupils WHERE grade < 10)`,
  ],
  [
    'rows of one register, twice, and of a public dataset',
    `SELECT what, count(*) AS n FROM (SELECT 'early' AS what FROM patients WHERE admitted < '2019-06-01' UNION ALL SELECT 'late' FROM patients WHERE admitted > '2020-06-01'
       UNION ALL SELECT 'state' FROM states) q GROUP BY what`,
    `SELECT 'early', count(*) FROM patients WHERE admitted < '2019-06-01' UNION ALL SELECT 'late', count(*) FROM patients WHERE admitted > '2020-06-01'
     UNION ALL SELECT 'state', count(*) FROM states ORDER BY 1`,
  ],
  [
    'stacked rows joined with public ones',
    `SELECT s.name, count(*) AS n FROM (SELECT region AS r FROM patients UNION ALL SELECT school FROM pupils) q LEFT JOIN states s ON q.r = s.name GROUP BY s.name`,
    `SELECT NULL, (SELECT count(*) FROM patients) + (SELECT count(*) FROM pupils)`,
  ],
]

describe('stacked rows give', () => {
  for (const [asks, sql, byHand] of cases) {
    test(asks, async () => {
      const rows = readable(await guarded(sql))
      expect([...rows].sort()).toEqual([...readable(await plain(byHand))].sort())
      expect(rows.length).toBeGreaterThan(0)
    })
  }
})

describe('a register that has few people in a group', () => {
  test('gives the group what one that has nobody in it gives', async () => {
    // the analyst's own rows fill every group; one patient is alone in a region
    const sql = (place: string) =>
      `SELECT place, count(*) AS n, sum(years) AS y FROM (SELECT region AS place, age AS years FROM patients UNION ALL SELECT '${place}', grade FROM pupils) q
       WHERE place = '${place}' GROUP BY place`
    const [alone] = await guarded(sql('Alone'))
    const [nobody] = await guarded(sql('Nowhere'))
    expect(await plain("SELECT count(DISTINCT person) FROM patients WHERE region = 'Alone'")).toEqual([[1n]])
    expect(alone?.slice(1).map(String)).toEqual(nobody?.slice(1).map(String))
    expect(alone?.[1]).toEqual(150n)
  })

  test('is not made up for by units of another branch', async () => {
    const sql = `SELECT place, count(*) AS n FROM (SELECT region AS place FROM patients WHERE region = 'Alone' UNION ALL SELECT region FROM patients WHERE region = 'Alone') q GROUP BY 1`
    expect(await guarded(sql)).toEqual([])
  })

  test('is one of as many as a query names', async () => {
    const branches = Array.from({ length: 9 }, (_, i) => `SELECT age AS years FROM patients WHERE region = 'Region ${i}'`)
    const sql = `SELECT count(*) AS n, sum(years) AS y FROM (${branches.join(' UNION ALL ')}) q`
    expect(readable(await guarded(sql))).toEqual(readable(await plain(sql)))
  })

  test('is reported branch by branch', async () => {
    const verdict = await check(`SELECT place, count(*) AS n FROM (${patients} UNION ALL ${pupils}) q GROUP BY place`)
    if (verdict.verdict === 'refused') throw new Error(JSON.stringify(verdict.reasons))
    expect(verdict.report.blocks.map(({ kind, reads, threshold }) => ({ kind, reads, threshold }))).toEqual([
      { kind: 'aggregate', reads: ['patients'], threshold: 7 },
      { kind: 'aggregate', reads: ['pupils'], threshold: 7 },
      { kind: 'post-processing', reads: ['branch', 'branch_2'], threshold: null },
    ])
  })
})
