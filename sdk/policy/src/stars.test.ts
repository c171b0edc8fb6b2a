import { describe, expect, test } from 'vitest'
import { guardedDatabase } from './testing/by-hand.ts'
import { readable } from './testing/data.ts'

// A star stands for columns that the query named before; of a dataset, each column is named.

const { guarded, check, plain } = guardedDatabase()

const regions = 'WITH r AS (SELECT region, count(*) AS n, avg(age) AS age FROM patients GROUP BY region)'

describe('a star', () => {
  test('over results gives all of their columns', async () => {
    const rows = readable(await guarded(`${regions} SELECT *, n > 91 AS large FROM r ORDER BY ALL`))
    expect(rows).toEqual(readable(await guarded(`${regions} SELECT region, n, age, n > 91 AS large FROM r ORDER BY 1`)))
    expect(rows.length).toBeGreaterThan(5)
    expect(readable(await guarded(`${regions} FROM r`))).toEqual(readable(await guarded(`${regions} SELECT * FROM r`)))
  })

  test('of one side of a join gives its columns, and USING makes one of two', async () => {
    const joined = `${regions}, m AS (SELECT region, max(n) AS most FROM r GROUP BY region) SELECT`
    expect(readable(await guarded(`${joined} m.*, r.n FROM r JOIN m ON r.region = m.region`))).toEqual(
      readable(await guarded(`${joined} m.region, most, n FROM r JOIN m ON r.region = m.region`)),
    )
    expect(readable(await guarded(`${joined} * FROM r FULL JOIN m USING (region)`))).toEqual(
      readable(await guarded(`${joined} region, n, age, most FROM r JOIN m USING (region)`)),
    )
  })

  test('over rows that a subquery names is aggregated as they are', async () => {
    const rows = await guarded(
      'SELECT region, avg(c) AS c FROM (SELECT * FROM (SELECT region, cost AS c FROM patients WHERE age > 40) a) b GROUP BY region',
    )
    expect(readable(rows)).toEqual(
      readable(
        await plain(
          'SELECT region, avg(cost) FROM patients WHERE age > 40 GROUP BY 1 HAVING count(DISTINCT person) >= 5 ORDER BY 1',
        ),
      ),
    )
  })

  test.each([
    ['of a dataset', 'star-not-allowed', 'SELECT * FROM airports'],
    ['of a dataset beside results', 'star-not-allowed', `${regions} SELECT * FROM r JOIN states ON region = name`],
    ['of the dataset of a join', 'star-not-allowed', `${regions} SELECT s.* FROM r JOIN states s ON region = name`],
    ['with columns left out', 'star-not-allowed', `${regions} SELECT * EXCLUDE (n) FROM r`],
    ['that matches names', 'star-not-allowed', `${regions} SELECT COLUMNS('n') FROM r`],
    ['over rows, which come out', 'raw-rows', 'WITH q AS (SELECT age, cost FROM patients) SELECT * FROM q'],
    [
      'over stacked rows',
      'star-not-allowed',
      'WITH q AS (SELECT age FROM patients), u AS (SELECT * FROM q UNION ALL SELECT * FROM q) SELECT avg(age) FROM u',
    ],
  ] as const)('%s is refused', async (_what, code, sql) => {
    expect(await check(sql)).toMatchObject({ verdict: 'refused', reasons: [{ code }] })
  })
})
