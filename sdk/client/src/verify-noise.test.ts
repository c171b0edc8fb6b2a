import { guardVersion, namedNoise } from '@reinraum/policy'
import type { AnalysisRule, NamedNoise, Receipt, Slot, Verified, VerifiedRun } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkQuery } from './queries.ts'
import { concernsNoise, verifyNoise } from './verify-noise.ts'

const rule: AnalysisRule = {
  version: 1,
  modes: ['aggregation'],
  privacyUnit: { column: 'person', maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
  columns: { district: { dimension: true, domain: ['north', 'south'] }, age: { filter: 'literal' } },
  output: { minimumGroupSize: 20, maxRows: 100 },
  differentialPrivacy: {
    ...{ epsilonBudget: 10, deltaBudget: 0, maxEpsilonPerQuery: 5 },
    ...{ mechanism: 'discreteLaplace', accounting: 'basic', refresh: 'never' },
  },
  approvals: { by: ['health'], threshold: 'all' },
}
const columns = [
  { name: 'person', type: 'BIGINT' as const },
  { name: 'district', type: 'VARCHAR' as const },
  { name: 'age', type: 'BIGINT' as const },
]
const asking = { id: 'visits', owner: 'health', schema: { columns }, rule } as unknown as Slot
const parameters = [{ name: 'oldest', type: 'BIGINT' as const, domain: { minimum: 0, maximum: 99 } }]
const query = {
  sql: 'SELECT district, count(*) AS visits FROM visits WHERE age < $oldest GROUP BY district',
  parameters,
  privacy: { epsilon: 1, delta: 0 },
}

/** What is read of a run and a receipt that were verified before. */
function runOf(slot: Slot, epsilon = 1): VerifiedRun {
  return {
    contract: { document: { slots: [slot] } },
    query: { document: { ...query, privacy: { epsilon, delta: 0 } } },
    run: { document: { parameters: { oldest: 40 }, by: 'analyst' } },
    manifests: new Map([['visits', {}]]),
  } as unknown as VerifiedRun
}
function receiptOf(noise: NamedNoise | undefined, guard: string = guardVersion): Verified<Receipt> {
  return { document: { guard, ...(noise === undefined ? {} : { noise }) } } as unknown as Verified<Receipt>
}

let noise: NamedNoise
beforeAll(async () => {
  const verdict = await checkQuery([asking], query, { values: { oldest: 40 }, by: 'analyst' })
  if (verdict.verdict === 'refused' || verdict.report.noise === null) throw new Error('refused')
  noise =
    namedNoise(
      verdict.noise.map(({ plan }) => plan),
      verdict.report.noise,
    ) ?? expect.fail()
})

/** The first column with another scale, and the loss that goes with it unless told. */
function withScale(scale: string, change: object = {}): NamedNoise {
  const [table, ...others] = noise
  const [first, ...rest] = table?.columns ?? []
  if (table === undefined || first === undefined) throw new Error('no column')
  return [{ ...table, columns: [{ ...first, scale, ...change }, ...rest] }, ...others]
}

describe('the noise that a receipt names', () => {
  test('is what the guard plans for the same rules, query and parameters', async () => {
    expect(await verifyNoise(runOf(asking), receiptOf(noise))).toBe('planned')
  })

  test('is refused where it is less than was paid for, though every figure fits the others', async () => {
    const [first] = noise[0]?.columns ?? []
    expect(first?.sensitivity).toEqual({ l1: '2', l2Squared: '4' })
    const less = withScale('1', { epsilon: '2', rho: '2' })
    for (const guard of [guardVersion, 'reinraum-guard/1'])
      expect(await refusalOf(verifyNoise(runOf(asking), receiptOf(less, guard)))).toBe('receipt-invalid')
  })

  test('is refused where one more table makes it cost more than was paid for', async () => {
    for (const guard of [guardVersion, 'reinraum-guard/1'])
      expect(await refusalOf(verifyNoise(runOf(asking), receiptOf([...noise, ...noise], guard)))).toBe('receipt-invalid')
  })

  test('is refused where its figures do not fit each other', async () => {
    for (const wrong of [withScale('1'), withScale('0'), withScale('200'), withScale('4', { epsilon: null })])
      expect(await refusalOf(verifyNoise(runOf(asking), receiptOf(wrong, 'reinraum-guard/1')))).toBe('receipt-invalid')
  })

  test('is refused where it is other noise than the query asks for, though it costs no more', async () => {
    const more = withScale('10', { epsilon: '1/5', rho: '1/50' })
    expect(await refusalOf(verifyNoise(runOf(asking), receiptOf(more)))).toBe('receipt-invalid')
    expect(await refusalOf(verifyNoise(runOf(asking), receiptOf(noise.map((table) => ({ ...table, outputs: [] })))))).toBe(
      'receipt-invalid',
    )
  })

  test('is enough, and not planned again, where another version of the guard planned it', async () => {
    expect(await verifyNoise(runOf(asking), receiptOf(noise, 'reinraum-guard/1'))).toBe('enough')
    expect(await refusalOf(verifyNoise(runOf(asking, 0.5), receiptOf(noise, 'reinraum-guard/1')))).toBe('receipt-invalid')
  })

  test('is missed where a rule asks for noise, and refused where none does', async () => {
    const { differentialPrivacy: _, ...without } = rule
    const plain = { ...asking, rule: without } as Slot
    expect(await verifyNoise(runOf(asking), receiptOf(undefined))).toBe('unnamed')
    for (const guard of [guardVersion, 'reinraum-guard/1'])
      expect(await refusalOf(verifyNoise(runOf(plain), receiptOf(noise, guard)))).toBe('receipt-invalid')
    const concerned = [runOf(asking), runOf(plain)].map((run) => concernsNoise(run, receiptOf(undefined)))
    expect([...concerned, concernsNoise(runOf(plain), receiptOf(noise))]).toEqual([true, false, true])
  })
})
