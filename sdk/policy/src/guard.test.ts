import type { Parameter } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, engineVersion, type Guard, guardVersion } from './index.ts'
import { type Database, openDatabase, readable } from './testing/data.ts'
import { slots } from './testing/slots.ts'

let guard: Guard
let database: Database
beforeAll(async () => {
  guard = await createGuard()
  database = await openDatabase()
})
afterAll(async () => {
  database.close()
  await guard.close()
})

const since: Parameter = { name: 'since', type: 'DATE', domain: { minimum: '1990-01-01', maximum: '2002-12-31' } }
const strikesByStateAndMonth = `
  WITH s AS (
    SELECT "Origin State" AS state, month("Flight Date") AS month, count(*) AS strikes
    FROM strikes WHERE "Flight Date" >= $since GROUP BY ALL
  ), f AS (
    SELECT st.name AS state, month(fl.date) AS month, count(*) AS flights, avg(fl.delay) AS mean_delay
    FROM flights fl JOIN airports a ON fl.origin = a.iata JOIN states st ON a.state = st.code
    GROUP BY 1, 2
  )
  SELECT s.state, s.month, s.strikes, f.flights, round(f.mean_delay, 1) AS mean_delay
  FROM s JOIN f USING (state, month) ORDER BY 1, 2`

async function check(sql: string, parameters: readonly Parameter[] = [], values?: Record<string, string | number | boolean>) {
  return guard.check({ sql, parameters, values, slots })
}

async function allowed(sql: string, parameters: readonly Parameter[] = [], values?: Record<string, string | number | boolean>) {
  const verdict = await check(sql, parameters, values)
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return verdict
}

async function refusal(sql: string, parameters: readonly Parameter[] = [], values?: Record<string, string | number | boolean>) {
  const verdict = await check(sql, parameters, values)
  if (verdict.verdict === 'allowed') throw new Error(`allowed: ${verdict.rewrittenSql}`)
  return verdict.reasons[0]
}

describe('the main query', () => {
  test('gives what a computation by hand with the strictest threshold gives', async () => {
    const { rewrittenSql, plan } = await allowed(strikesByStateAndMonth, [since], { since: '2000-01-01' })
    // strikes says 5 and flights 2, so 5 holds for both
    expect(plan.minimumGroupSize).toBe(5)
    const byHand = `
      WITH s AS (SELECT "Origin State" AS state, month("Flight Date") AS month, count(*) AS strikes FROM strikes
          WHERE "Flight Date" >= DATE '2000-01-01' GROUP BY 1, 2 HAVING count(DISTINCT "Aircraft Airline Operator") >= 5),
        f AS (SELECT st.name AS state, month(fl.date) AS month, count(*) AS flights, avg(least(fl.delay, 600)) FILTER (fl.delay IS NOT NULL) AS mean
          FROM flights fl JOIN airports a ON fl.origin = a.iata JOIN states st ON a.state = st.code
          GROUP BY 1, 2 HAVING count(DISTINCT fl.origin) >= 5)
      SELECT s.state, s.month, s.strikes, f.flights, round(f.mean, 1) FROM s JOIN f USING (state, month) ORDER BY 1, 2`
    const rows = readable(await database.query(rewrittenSql))
    expect(rows).toEqual(readable(await database.query(byHand)))
    expect(rows.length).toBeGreaterThan(5)
    const withoutThreshold = byHand.replaceAll(/HAVING count\(DISTINCT [^)]*\) >= 5/g, '')
    expect((await database.query(withoutThreshold)).length).toBeGreaterThan(rows.length)
  })

  test('gives equal bytes in equal runs, however rows are ordered', async () => {
    const { rewrittenSql } = await allowed(strikesByStateAndMonth, [since], { since: '2000-01-01' })
    const first = JSON.stringify((await database.query(rewrittenSql)).map(String))
    await database.query('CREATE OR REPLACE TABLE flights AS SELECT * FROM flights ORDER BY hash(date, delay, origin)')
    expect(JSON.stringify((await database.query(rewrittenSql)).map(String))).toBe(first)
  })

  test('tells approvers what is read, how, and what comes out', async () => {
    const { report, plan } = await allowed(strikesByStateAndMonth, [since])
    expect(report.datasets.find((d) => d.slot === 'strikes')).toEqual({
      slot: 'strikes',
      privacyUnit: 'Aircraft Airline Operator',
      minimumGroupSize: 5,
      joined: [],
      filtered: ['Flight Date'],
      grouped: ['Flight Date', 'Origin State'],
      aggregated: [],
      shown: [],
    })
    expect(report.output.map((c) => `${c.name} ${c.type}`)).toEqual([
      'state VARCHAR',
      'month BIGINT',
      'strikes BIGINT',
      'flights BIGINT',
      'mean_delay DOUBLE',
    ])
    expect(report.joinsCanRepeatRows).toBe(true)
    expect(plan.slots.map((s) => s.id)).toEqual(['airports', 'flights', 'states', 'strikes'])
    expect(plan.slots.find((s) => s.id === 'flights')?.columns).toEqual(['date', 'delay', 'origin'])
  })
})

describe('parameters', () => {
  const sql = 'SELECT region, count(*) AS n FROM patients WHERE region = $region AND age >= $age GROUP BY 1'
  const region: Parameter = { name: 'region', type: 'VARCHAR', domain: { values: ['Region 1', `'; DROP TABLE x; --`] } }
  const age: Parameter = { name: 'age', type: 'BIGINT', domain: { minimum: 18, maximum: 99 } }

  test('are constants, whatever characters they hold', async () => {
    const { rewrittenSql } = await allowed(sql, [region, age], { region: `'; DROP TABLE x; --`, age: 20 })
    expect(rewrittenSql).toContain(`'''; DROP TABLE x; --'`)
    expect(await database.query(rewrittenSql)).toEqual([])
  })

  test('are refused outside their domain, undeclared, unused, missing, extra or of another type', async () => {
    const good = { region: 'Region 1', age: 20 }
    expect((await refusal(sql, [region, age], { ...good, age: 17 }))?.code).toBe('parameter-outside-domain')
    expect((await refusal(sql, [region, age], { ...good, region: 'Region 2' }))?.code).toBe('parameter-outside-domain')
    expect((await refusal(sql, [region, age], { ...good, age: '20' }))?.code).toBe('parameter-outside-domain')
    expect((await refusal(sql, [region], { region: 'Region 1' }))?.code).toBe('parameter-undeclared')
    expect((await refusal(sql, [region, age], { region: 'Region 1' }))?.code).toBe('parameter-missing')
    expect((await refusal(sql, [region, age], { ...good, more: 1 }))?.code).toBe('parameter-undeclared')
    expect((await refusal(sql, [region, age, since], { ...good, since: '2000-01-01' }))?.code).toBe('parameter-unused')
    expect((await refusal('SELECT count(*) FROM patients HAVING count(*) > ?'))?.code).toBe('parameter-undeclared')
  })

  test('give the same shape of query for every value', async () => {
    const one = await allowed(sql, [region, age], { region: 'Region 1', age: 20 })
    const other = await allowed(sql, [region, age], { region: 'Region 1', age: 90 })
    expect(other.rewrittenSql.replaceAll('90', '20')).toBe(one.rewrittenSql)
  })
})

describe('a refusal', () => {
  test('says where, in lines and characters', async () => {
    expect((await refusal('SELECT count(*)\nFROM patients\nWHERE "ünknöwn" = 1'))?.at).toEqual({ line: 3, column: 7 })
    expect(await refusal("SELECT 'é', min(age) FROM patients")).toMatchObject({
      code: 'aggregate-not-allowed',
      at: { line: 1, column: 13 },
    })
    expect(await refusal('SELECT count(* FROM patients')).toMatchObject({ code: 'syntax-error', at: { line: 1 } })
  })

  test('covers a rule that does not fit its schema', async () => {
    const [flights] = slots
    if (flights === undefined) throw new Error('no slot')
    const broken = { ...flights, rule: { ...flights.rule, privacyUnit: { column: 'nobody' } } }
    const verdict = await guard.check({ sql: 'SELECT count(*) FROM flights', parameters: [], values: {}, slots: [broken] })
    expect(verdict).toMatchObject({ verdict: 'refused', reasons: [{ code: 'rule-invalid' }] })
  })
})

describe('the guard', () => {
  test('names itself and its engine', async () => {
    expect(guardVersion).toMatch(/^reinraum-guard\/\d+$/)
    expect(await engineVersion()).toBe('duckdb/v1.5.6')
  })

  test('answers many questions at once without mixing them', async () => {
    const asked = Array.from({ length: 12 }, (_, i) => i)
    const answers = await Promise.all(asked.map((i) => allowed(`SELECT count(*) AS n FROM patients WHERE age > ${i}`)))
    answers.forEach((a, i) => {
      expect(a.rewrittenSql).toContain(`age > ${i})`)
    })
  })
})
