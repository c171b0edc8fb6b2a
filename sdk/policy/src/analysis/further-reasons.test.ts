import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { slots } from '../testing/slots.ts'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

async function reasons(sql: string): Promise<readonly string[]> {
  const verdict = await guard.check({ sql, parameters: [], values: undefined, slots })
  if (verdict.verdict === 'allowed') throw new Error('allowed')
  return verdict.reasons.map(({ code, at }) => `${code} ${at?.line}:${at?.column}`)
}

describe('a refusal', () => {
  test('names all items and conditions at fault, each at its place', async () => {
    const sql = `SELECT region,
  min(age) AS a,
  count(*) AS n,
  md5(region) AS b,
  sum(nothing) AS c
FROM patients
WHERE name = 'x' AND region <> 'North' AND nobody = 3
GROUP BY region`
    expect(await reasons(sql)).toEqual([
      'column-unknown 7:44',
      'filter-not-allowed 7:18',
      'aggregate-not-allowed 2:3',
      'function-not-allowed 4:3',
      'column-unknown 5:7',
    ])
  })

  test('names what is wrong in a WITH query and outside it', async () => {
    const found = await reasons(
      'WITH r AS (SELECT region, max(age) AS a, count(*) AS n FROM patients GROUP BY 1)\nSELECT region, nope FROM r',
    )
    expect(found).toEqual(['aggregate-not-allowed 1:27', 'column-unknown 2:16'])
  })

  test('is one where the rest is well, or hangs on what was refused', async () => {
    expect(await reasons('SELECT region, max(age) AS a FROM patients GROUP BY 1 ORDER BY a')).toEqual([
      'aggregate-not-allowed 1:16',
    ])
    expect(await reasons('SELECT count(*) AS n FROM nowhere WHERE nobody = 1')).toHaveLength(1)
    expect(await reasons('SELECT * FROM patients')).toHaveLength(1)
    expect(await reasons('SELECT region, age FROM patients')).toHaveLength(1)
  })
})
