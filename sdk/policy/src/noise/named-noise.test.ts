import { costOf, parseQuotient, rational } from '@reinraum/privacy'
import { type NamedNoise, namedNoiseSchema } from '@reinraum/statements'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuard, type Guard } from '../guard.ts'
import { noisySlots } from '../testing/noisy-patients.ts'
import { namedNoise } from './named-noise.ts'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

async function planned(select: string, changes: Parameters<typeof noisySlots>[0] = {}) {
  const sql = `SELECT region, ${select} FROM patients GROUP BY region`
  const privacy = { epsilon: 1, delta: changes.noise === undefined ? 0 : 1e-9 }
  const verdict = await guard.check({ sql, parameters: [], values: {}, slots: noisySlots(changes), privacy })
  if (verdict.verdict === 'refused' || verdict.report.noise === null) throw new Error(JSON.stringify(verdict))
  return { plans: verdict.noise.map(({ plan }) => plan), report: verdict.report.noise }
}

async function named(...asked: Parameters<typeof planned>): Promise<NamedNoise[number]> {
  const { plans, report } = await planned(...asked)
  const [table, ...more] = namedNoiseSchema.parse(namedNoise(plans, report))
  if (table === undefined || more.length > 0) throw new Error('one aggregation has one table')
  return table
}

describe('the noise of a query, as a receipt names it', () => {
  test('is exact, and costs together what the query spends', async () => {
    const { columns, outputs, threshold } = await named('count(*) AS visits, avg(age) AS mean')
    // Four rows of a unit, and four groups; the threshold on units takes a third of ε, the count one, the average one for both.
    const visits = outputs.find((output) => output.columns.includes('visits')) ?? expect.fail()
    expect(visits.of).toHaveLength(1)
    expect(columns.find(({ name }) => name === visits.of[0])).toMatchObject({ mechanism: 'discreteLaplace', grid: '1' })
    expect(outputs.find((output) => output.columns.includes('mean'))?.of).toHaveLength(2)
    expect(threshold).toMatchObject({ minimum: '2', delta: null })
    const read = columns.map(({ mechanism, scale, sensitivity }) => ({
      mechanism,
      scale: parseQuotient(scale),
      sensitivity: { l1: BigInt(sensitivity.l1), l2Squared: BigInt(sensitivity.l2Squared) },
    }))
    const { epsilon } = costOf(read)
    // Shares are rounded down to millionths, one for each column.
    expect(Number(epsilon?.numerator) / Number(epsilon?.denominator)).toBeGreaterThan(0.99999)
    expect((epsilon?.numerator ?? 0n) <= (epsilon?.denominator ?? rational(0).denominator)).toBe(true)
  })

  test('says how many rows are enough where owners state how many a unit has', async () => {
    const { threshold } = await named('count(*) AS visits', { stated: { patients: 3 } })
    expect(threshold).toEqual({ column: 'units', minimum: '2', delta: null, spared: { column: 'rows all', minimum: '6' } })
    expect(await named('count(*) AS visits')).toMatchObject({ threshold: { column: 'units', minimum: '2', delta: null } })
    expect((await named('count(*) AS visits')).threshold).not.toHaveProperty('spared')
  })

  test('says of Gaussian noise its variance, and no ε that it has not', async () => {
    const zcdp = { mechanism: 'discreteGaussian', accounting: 'zcdp' } as const
    const { columns } = await named('count(*) AS visits', { noise: zcdp })
    for (const { mechanism, epsilon, rho, scale, sensitivity } of columns) {
      expect([mechanism, epsilon]).toEqual(['discreteGaussian', null])
      const [variance, loss] = [parseQuotient(scale), parseQuotient(rho)]
      const twice = 2n * variance.numerator * loss.numerator
      expect(twice).toBe(BigInt(sensitivity.l2Squared) * variance.denominator * loss.denominator)
    }
  })

  test('says of a drawn quantile the ε of a row', async () => {
    const { columns, outputs } = await named('median(age) AS middle')
    const { of } = outputs.find((output) => output.columns.includes('middle')) ?? expect.fail()
    const column = columns.find(({ name }) => name === of[0]) ?? expect.fail()
    expect(column.mechanism).toBe('exponential')
    expect(parseQuotient(column.epsilon ?? '')).toEqual({
      ...parseQuotient(column.scale),
      ...rational(parseQuotient(column.scale).numerator * BigInt(column.sensitivity.l1), parseQuotient(column.scale).denominator),
    })
  })

  test('says in what steps a quantile was drawn, as the report does where they are coarser than its type', async () => {
    const { plans, report } = await planned('median(age) AS middle, median(cost) AS cost, sum(cost) AS total')
    const columns = namedNoise(plans, report)?.[0]?.columns.filter(({ mechanism }) => mechanism === 'exponential')
    // fourteen groups, and costs from 0 to 100,000.00
    expect(columns?.map(({ name, grid }) => [name, grid])).toEqual([
      ['quantile 1/2 age', '1'],
      ['quantile 1/2 cost', '5'],
    ])
    const steps = report.cells.flatMap((of) =>
      of.measures.flatMap(({ measure, step }) => (step === null ? [] : [[measure, step]])),
    )
    expect(steps).toEqual([['quantile 1/2 cost', 5]])
    const total = namedNoise(plans, report)?.[0]?.columns.find(({ name }) => name.startsWith('sum cost'))
    expect(total?.grid).toBe('1/100')
  })

  test('cuts names that are long, in whole characters, and has an end', async () => {
    const { plans, report } = await planned('count(*) AS visits')
    const [plan] = plans
    const [column] = plan?.columns ?? []
    if (plan === undefined || column === undefined) throw new Error('no column')
    const long = { ...plan, columns: [{ ...column, name: `${'x'.repeat(198)}😀😀` }] }
    expect(namedNoise([long], report)?.[0]?.columns[0]?.name).toBe(`${'x'.repeat(198)}…`)
    const many = { ...plan, columns: Array.from({ length: 1001 }, () => column) }
    expect(namedNoise([many], report)).toBeNull()
    expect(
      namedNoise(
        Array.from({ length: 101 }, () => plan),
        report,
      ),
    ).toBeNull()
  })
})
