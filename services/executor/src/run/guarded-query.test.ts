import { createGuard, type Guard } from '@reinraum/policy'
import type { VerifiedRun } from '@reinraum/statements'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { guardedQuery } from './guarded-query.ts'

const slot = (id: string) => ({
  id,
  owner: 'health',
  schema: { columns: [{ name: 'person', type: 'BIGINT' }] },
  rule: {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: { column: 'person', maxRowsPerUnit: 1 },
    columns: {},
    differentialPrivacy: {
      epsilonBudget: 10,
      deltaBudget: 0,
      maxEpsilonPerQuery: 5,
      mechanism: 'discreteLaplace',
      accounting: 'basic',
      refresh: 'never',
    },
    output: { minimumGroupSize: 20, maxRows: 10 },
    approvals: { by: ['health'], threshold: 'all' },
  },
})

/** What is read of a run that was verified. */
function runOf(sql: string, slots: readonly string[] = ['visits']): VerifiedRun {
  return {
    contract: { document: { slots: [slot('visits'), slot('others')] } },
    query: { document: { sql, parameters: [], slots, privacy: { epsilon: 1, delta: 0 } } },
    run: { document: { parameters: {}, by: 'analyst' } },
  } as unknown as VerifiedRun
}

const sql = 'SELECT count(*) AS n FROM visits'

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

it('a query gets noise for what it states', async () => {
  expect((await guardedQuery(guard, runOf(sql))).noise).not.toBeNull()
})

it('noise that costs more than the query states is refused, whatever the guard thinks of it', async () => {
  const spendthrift: Pick<Guard, 'check'> = {
    check: (request) => guard.check({ ...request, privacy: { epsilon: 2, delta: 0 } }),
  }
  await expect(guardedQuery(spendthrift, runOf(sql))).rejects.toMatchObject({ code: 'privacy-over-maximum' })
})

it('a query that the guard refuses, or that names more than it reads, asks for no key', async () => {
  await expect(guardedQuery(guard, runOf('SELECT person FROM visits'))).rejects.toMatchObject({ code: 'guard-refused' })
  await expect(guardedQuery(guard, runOf(sql, ['visits', 'others']))).rejects.toMatchObject({ code: 'query-mismatch' })
})
