import { guardVersion, namedNoise, type SlotInput } from '@reinraum/policy'
import type { AnalysisRule, NamedNoise, Receipt, Slot, UnitRows, Verified, VerifiedRun } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkQuery } from './queries.ts'
import { concernsNoise, verifyNoise } from './verify-noise.ts'

const rule: AnalysisRule = {
  version: 1,
  modes: ['aggregation'],
  privacyUnit: { column: 'person', maxRowsPerUnit: 2, maxGroupsPerUnit: 1 },
  columns: {
    district: { dimension: true, domain: ['north', 'south'] },
    age: { filter: 'literal', aggregate: ['median'], bounds: [0, 120] },
  },
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
function runOf(slot: Slot, epsilon = 1, { sql = query.sql, unit }: { sql?: string; unit?: UnitRows } = {}): VerifiedRun {
  return {
    contract: { document: { slots: [slot] } },
    query: { document: { ...query, sql, privacy: { epsilon, delta: 0 } } },
    run: { document: { parameters: { oldest: 40 }, by: 'analyst' } },
    manifests: new Map([['visits', { document: { unit } }]]),
  } as unknown as VerifiedRun
}
function receiptOf(noise: NamedNoise | undefined, guard: string = guardVersion): Verified<Receipt> {
  return { document: { guard, ...(noise === undefined ? {} : { noise }) } } as unknown as Verified<Receipt>
}

async function plannedFor(slot: SlotInput, sql = query.sql): Promise<NamedNoise> {
  const verdict = await checkQuery([slot], { ...query, sql }, { values: { oldest: 40 }, by: 'analyst' })
  if (verdict.verdict === 'refused' || verdict.report.noise === null) throw new Error('refused')
  const plans = verdict.noise.map(({ plan }) => plan)
  return namedNoise(plans, verdict.report.noise) ?? expect.fail()
}

let noise: NamedNoise
beforeAll(async () => {
  noise = await plannedFor(asking)
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

  test('is planned with what the owner states of the version that was read: rows that spare units have noise too', async () => {
    const sql = 'SELECT district, median(age) AS middle FROM visits WHERE age < $oldest GROUP BY district'
    const slot = { ...asking, rule: { ...rule, privacyUnit: { column: 'person', maxRowsPerUnit: 2, maxGroupsPerUnit: 2 } } }
    const unit = { column: 'person', rowsAtMost: 2 }
    const [stated, unstated] = [await plannedFor({ ...slot, rowsPerUnit: 2 }, sql), await plannedFor(slot, sql)]
    const namesOf = (tables: NamedNoise) => tables.flatMap(({ columns }) => columns.map(({ name }) => name))
    expect(namesOf(stated)).toEqual([...namesOf(unstated).slice(0, -1), 'rows all', 'units'])
    expect(await verifyNoise(runOf(slot, 1, { sql, unit }), receiptOf(stated))).toBe('planned')
    expect(await verifyNoise(runOf(slot, 1, { sql }), receiptOf(unstated))).toBe('planned')
    for (const [of, receipt] of [
      [{ sql, unit }, unstated],
      [{ sql }, stated],
    ] as const)
      expect(await refusalOf(verifyNoise(runOf(slot, 1, of), receiptOf(receipt)))).toBe('receipt-invalid')
    const fewer = stated.map(({ threshold, ...table }): NamedNoise[number] => {
      if (threshold?.spared === undefined) return expect.fail()
      return { ...table, threshold: { ...threshold, spared: { ...threshold.spared, minimum: '1' } } }
    })
    expect(await refusalOf(verifyNoise(runOf(slot, 1, { sql, unit }), receiptOf(fewer)))).toBe('receipt-invalid')
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
