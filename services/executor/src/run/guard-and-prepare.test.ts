import { setTimeout as sleep } from 'node:timers/promises'
import { ReinraumError } from '@reinraum/crypto'
import { createGuard, type Guard } from '@reinraum/policy'
import type { VerifiedRun } from '@reinraum/statements'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Executor } from '../executor.ts'
import { guardAndPrepare } from './guard-and-prepare.ts'

const visits = {
  id: 'visits',
  owner: 'health',
  keyService: 'health-keys',
  schema: { columns: [{ name: 'person', type: 'BIGINT' }] },
  rule: {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: { column: 'person' },
    columns: { person: { join: true } },
    output: { minimumGroupSize: 20, maxRows: 10 },
    approvals: { by: ['health'], threshold: 'all' },
  },
}

/** What is read of a run that was verified. */
const runOf = (sql: string) =>
  ({
    manifests: new Map([['visits', { document: {} }]]),
    contract: { document: { slots: [visits] } },
    query: { document: { sql, parameters: [], slots: ['visits'] } },
    run: { id: 'sha256:00', document: { parameters: {}, by: 'analyst' } },
  }) as unknown as VerifiedRun

let guard: Guard
beforeAll(async () => {
  guard = await createGuard()
})
afterAll(() => guard.close())

/** As of an executor that knows none of the key services. */
const keyRelease: Executor['keyRelease'] = (id) => {
  throw new ReinraumError('key-unknown', `this executor knows no key service ${id}`)
}

it('a refused query is refused for what it is, and what was begun for it is no loose end', async () => {
  await expect(guardAndPrepare({ guard, keyRelease }, runOf('SELECT person FROM visits'))).rejects.toMatchObject({
    code: 'guard-refused',
  })
  // A rejection that nobody hears ends the process, and this test.
  await sleep(20)
})

it('without a nonce an allowed query has its keys, and gets no further', async () => {
  const { keys, nonces } = await guardAndPrepare({ guard, keyRelease }, runOf('SELECT count(*) AS n FROM visits'))
  await expect(nonces).rejects.toMatchObject({ code: 'key-unknown' })
  keys.zeroise()
  expect(keys.resultKey.every((byte) => byte === 0)).toBe(true)
})
