import { describe, expect, test } from 'vitest'
import { guardedDatabase } from './testing/by-hand.ts'
import { readable } from './testing/data.ts'

// LEFT joins with one row per unit of another register: every row of the first is kept once, and what the other says of it
// is aggregated where enough people have a partner there and enough have none.

const { guarded, plain } = guardedDatabase()

const byHand = (value: string) =>
  `CASE WHEN count(DISTINCT person) FILTER (WHERE pupil IS NOT NULL AND v IS NOT NULL) >= 7 AND count(DISTINCT person) FILTER (WHERE pupil IS NULL) >= 7 THEN ${value} END`
const joined = `(SELECT * FROM patients LEFT JOIN (SELECT pupil, count(*) AS n, avg(marks) AS v FROM pupils WHERE grade > 6 GROUP BY pupil) ON person = pupil)`

describe('a LEFT join with rows of units', () => {
  test('keeps every row and aggregates the partners', async () => {
    const rows = await guarded(
      `SELECT p.region, count(*) AS rows, sum(p.cost) AS cost, count(q.n) AS known, avg(q.m) AS marks, sum(coalesce(q.n, 0)) AS n FROM patients p
       LEFT JOIN (SELECT pupil, count(*) AS n, avg(marks) AS m FROM pupils WHERE grade > 6 GROUP BY pupil) q ON p.person = q.pupil GROUP BY p.region`,
    )
    const expected = await plain(
      `SELECT region, count(*), sum(cost), ${byHand('count(n)')}, ${byHand('avg(v)')}, ${byHand('sum(n)')} FROM ${joined} GROUP BY region
       HAVING count(DISTINCT person) >= 7 ORDER BY 1`,
    )
    expect(readable(rows)).toEqual(readable(expected))
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.some((r) => r[3] !== null)).toBe(true)
  })

  test('says the same of one partner as of none', async () => {
    const ask = () =>
      guarded(
        `SELECT p.region, count(*) AS rows, count(q.n) AS known, avg(q.m) AS marks FROM patients p
         LEFT JOIN (SELECT pupil, count(*) AS n, avg(marks) AS m FROM pupils WHERE school = 'probe' GROUP BY pupil) q ON p.person = q.pupil GROUP BY p.region`,
      )
    const without = readable(await ask())
    await plain("INSERT INTO pupils SELECT 42, 'probe', 5, 50 FROM range(9)")
    const withOne = readable(await ask())
    await plain("DELETE FROM pupils WHERE school = 'probe'")
    expect(withOne).toEqual(without)
    expect(without.length).toBeGreaterThan(5)
  })
})
