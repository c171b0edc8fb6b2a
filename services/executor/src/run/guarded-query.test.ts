import { createGuard, type Guard, type SlotInput } from '@reinraum/policy'
import type { Manifest, VerifiedRun } from '@reinraum/statements'
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
    columns: { person: { join: true } },
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
function runOf(
  sql: string,
  slots: readonly string[] = ['visits'],
  units: Readonly<Record<string, Manifest['unit']>> = {},
): VerifiedRun {
  return {
    manifests: new Map(slots.map((id) => [id, { document: { unit: units[id] } }])),
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

/** What the guard is told of each dataset. */
async function toldOf(run: VerifiedRun): Promise<readonly (readonly [string, number | undefined])[]> {
  const told: SlotInput[] = []
  const listening: Pick<Guard, 'check'> = {
    check: (request) => {
      told.push(...request.slots)
      return guard.check(request)
    },
  }
  await guardedQuery(listening, run)
  return told.map(({ id, rowsPerUnit }) => [id, rowsPerUnit])
}

it('the guard is told what the owner states of the units that the rule protects, of each dataset by itself', async () => {
  const joined = 'SELECT count(*) AS n FROM visits JOIN others USING (person)'
  const person = (rowsAtMost: number) => ({ column: 'person', rowsAtMost })
  expect(await toldOf(runOf(sql, ['visits'], { visits: person(3), others: person(1) }))).toEqual([['visits', 3]])
  expect(await toldOf(runOf(joined, ['visits', 'others'], { others: person(1) }))).toEqual([
    ['visits', undefined],
    ['others', 1],
  ])
})

it('a statement of another column tells the guard nothing', async () => {
  expect(await toldOf(runOf(sql, ['visits'], { visits: { column: 'household', rowsAtMost: 1 } }))).toEqual([
    ['visits', undefined],
  ])
})

it('a statement changes neither the verdict nor the noise', async () => {
  const stated = await guardedQuery(guard, runOf(sql, ['visits'], { visits: { column: 'person', rowsAtMost: 1 } }))
  const silent = await guardedQuery(guard, runOf(sql))
  expect(stated.noise[0]?.plan).toEqual(silent.noise[0]?.plan)
  expect([stated.verdict, stated.plan, stated.report]).toEqual([silent.verdict, silent.plan, silent.report])
})
