import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SlotInput } from '../analysis/slots.ts'
import { createGuard, type Guard } from '../guard.ts'
import { bothWays, type Run, run, runWithNoise, wholeField } from '../testing/both-ways.ts'
import { type Database, openDatabase } from '../testing/data.ts'
import { openDestroyed } from '../testing/destroyed-files.ts'
import { tpchAgencies } from '../testing/honest/tpch/agencies.ts'
import { tpch } from '../testing/honest/tpch/tpch.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { plenty } from '../testing/noisy-room.ts'
import { slots as six } from '../testing/slots.ts'

// The proof that plans over empty tables leave out nothing that DuckDB reads where there are rows: everything else is destroyed.

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

test('files that hold nothing but the planned columns and rows give the same results', () =>
  wholeField(guard, { ...tpch, datasets: tpchAgencies(400) }))

describe('over six datasets', () => {
  let whole: Database
  beforeAll(async () => {
    whole = await openDatabase()
  })
  afterAll(() => whole.close())

  test('what is read for noise is planned too, and noisy tables are no datasets', async () => {
    const ask = (sql: string) => bothWays(guard, whole, { sql, values: {}, slots: noisySlots(), privacy: plenty }, runWithNoise)
    const one = await ask(
      "SELECT region, count(*) AS n, sum(cost) AS c FROM patients WHERE admitted >= '2019-06-01' GROUP BY region ORDER BY region",
    )
    expect(one.listed).toBeLessThan(one.declared)
    expect(one.conditions).toBeGreaterThan(0)
    await ask('SELECT quantile_cont(score, 0.5) AS q, count(DISTINCT person) AS p FROM patients WHERE age > 30')
    await ask(
      'SELECT s.name, q.n FROM (SELECT region, count(*) AS n FROM patients GROUP BY region) q JOIN states s ON s.name = q.region',
    )
    await ask('SELECT count(*) AS n, sum(q.grade) AS g FROM patients p JOIN pupils q ON p.person = q.pupil')
    // of few groups units are read in another statement
    const stated = noisySlots({ stated: { patients: 4 }, output: { minimumGroupSize: 200 } })
    const counts = {
      sql: 'SELECT region, count(*) AS n FROM patients GROUP BY region',
      values: {},
      slots: stated,
      privacy: plenty,
    }
    await bothWays(guard, whole, counts, runWithNoise)
  })

  test('cells that are compared with earlier ones are planned too, and read by what follows', async () => {
    const slots = six.map((slot): SlotInput => {
      const { rule } = slot
      if (rule.privacyUnit === 'none') return slot
      return { ...slot, rule: { ...rule, output: { ...rule.output, differencing: 'suppressRow' } } }
    })
    const compared: Run = async (allowed, database) => {
      expect(allowed.cells.length).toBeGreaterThan(0)
      const result = await run(allowed, database)
      for (const { table } of allowed.cells) await database.query(`DROP TABLE "${table}"`)
      return result
    }
    const sql =
      "SELECT region, count(*) AS n, sum(visits) AS v FROM patients WHERE admitted >= '2019-06-01' GROUP BY region ORDER BY 1"
    const { listed, declared, conditions } = await bothWays(guard, whole, { sql, slots, values: {} }, compared)
    expect(listed).toBeLessThan(declared)
    expect(conditions).toBeGreaterThan(0)
  })

  test('a column that is not planned cannot be read: the query fails', async () => {
    const [flights] = six
    if (flights === undefined) return expect.fail()
    const destroyed = await openDestroyed(whole, [flights], [{ slot: 'flights', columns: ['delay'], conditions: [] }])
    expect(await destroyed.query('SELECT count(delay) FROM flights')).toEqual(
      await whole.query('SELECT count(delay) FROM flights'),
    )
    await expect(destroyed.query('SELECT count(origin) FROM flights')).rejects.toThrow()
    await destroyed.close()
  })
})
