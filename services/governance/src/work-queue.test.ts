import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Transaction } from '@reinraum/kit'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { changeRun } from './change-run.ts'
import { type GovernanceStore, type GovernanceTables, openGovernanceStore } from './store.ts'
import { dispatch, enterQueue } from './work-queue.ts'

const day = 24 * 3600_000
const nothing = Buffer.alloc(0)
const idOf = (name: string) => `sha256:${Buffer.from(name).toString('hex').padEnd(64, 'f')}`
const nameOf = (hex: string) => Buffer.from(hex.replace(/f+$/, ''), 'hex').toString()

/** A store with contracts of one letter each, whose runs are called `a1`, `a2`, … */
async function queueOf(contracts: string) {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-queue-'))
  let store: GovernanceStore = await openGovernanceStore(join(folder, 'governance.sqlite'))
  let clock = Date.now()
  const governance = { now: () => new Date(clock) }
  onTestFinished(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })
  for (const name of contracts) {
    const owned = { contract_id: idOf(name), bytes: nothing, recorded_at: 0 }
    await store.db
      .insertInto('contracts')
      .values({ id: idOf(name), bytes: nothing, in_force: 1 })
      .execute()
    await store.db
      .insertInto('queries')
      .values({ id: idOf(`${name}?`), ...owned })
      .execute()
  }
  const enter = async (trx: Transaction<GovernanceTables>, run: string) => {
    const [contract = ''] = run
    const row = { id: idOf(run), contract_id: idOf(contract), query_id: idOf(`${contract}?`), bytes: nothing }
    await trx
      .insertInto('runs')
      .values({ ...row, state: 'queued', reason: '', queued_at: 0, updated_at: 0 })
      .execute()
    await enterQueue(governance, trx, idOf(contract), idOf(run))
  }
  return {
    start: (...runs: string[]) =>
      store.transaction(async (trx) => {
        for (const run of runs) await enter(trx, run)
      }),
    async startAndCrash(run: string) {
      const crashing = store.transaction(async (trx) => {
        await enter(trx, run)
        throw new Error('crash')
      })
      await expect(crashing).rejects.toThrow('crash')
    },
    change: (run: string, change: 'started' | 'cancelled' | 'abandoned') =>
      store.transaction((trx) => changeRun(governance, trx, idOf(run), change, '')),
    async restart() {
      await store.close()
      store = await openGovernanceStore(join(folder, 'governance.sqlite'))
      await store.transaction((trx) => dispatch(governance, trx))
    },
    wait(ms: number) {
      clock += ms
    },
    /** the runs that went into the stream, in the order in which they did */
    async sent(): Promise<readonly string[]> {
      const { rows } = await sql<{
        body: Uint8Array
      }>`select body from outbox where subject like '%.queued' order by sequence`.execute(store.db)
      return rows.map(({ body }) =>
        nameOf(
          Buffer.from(body)
            .toString()
            .match(/[0-9a-f]{64}/g)?.[1] ?? '',
        ),
      )
    },
  }
}

type Queue = Awaited<ReturnType<typeof queueOf>>

/** An executor that takes what comes first, run by run. */
async function work(queue: Queue, runs: number, from = 0): Promise<void> {
  for (let i = from; i < from + runs; i++) await queue.change((await queue.sent())[i] ?? '', 'started')
}

const flood = (contract: string, runs: number) => Array.from({ length: runs }, (_, i) => `${contract}${i + 1}`)

test('a contract’s fifty runs let another one’s by after a few, and a third one’s after that; each in its order', async () => {
  const queue = await queueOf('abc')
  await queue.start(...flood('a', 50), 'b1', 'b2', 'c1')
  expect(await queue.sent()).toEqual(flood('a', 4))
  await work(queue, 6)
  expect(await queue.sent()).toEqual([...flood('a', 4), 'a5', 'b1', 'c1', 'a6', 'b2', 'a7'])
  await work(queue, 6, 6)
  expect((await queue.sent()).slice(10)).toEqual(['a8', 'a9', 'a10', 'a11', 'a12', 'a13'])
})

test('contracts that come again and again with one run each do not overtake one that waits', async () => {
  const queue = await queueOf('abcdefghij')
  await queue.start(...flood('a', 5), 'b1', 'c1', 'd1')
  await work(queue, 1)
  await queue.start('e1', 'f1', 'g1', 'h1')
  await work(queue, 3, 1)
  await queue.start('i1', 'j1')
  await work(queue, 10, 4)
  expect((await queue.sent()).slice(4).join(' ')).toBe('a5 b1 c1 d1 e1 f1 g1 h1 i1 j1')
})

test('turns are kept over a restart, and nothing is sent twice', async () => {
  const queue = await queueOf('ab')
  await queue.start(...flood('a', 7), 'b1')
  await queue.restart()
  await queue.restart()
  expect(await queue.sent()).toEqual(flood('a', 4))
  await work(queue, 1)
  await queue.change('a1', 'started')
  await queue.restart()
  await work(queue, 1, 1)
  expect(await queue.sent()).toEqual([...flood('a', 5), 'b1'])
})

test('a crash before the commit leaves no turn, no place and no event', async () => {
  const queue = await queueOf('ab')
  await queue.start(...flood('a', 5))
  await queue.startAndCrash('b1')
  await work(queue, 5)
  expect(await queue.sent()).toEqual(flood('a', 5))
})

test('a cancelled run is not sent any more, but one that is in the stream holds its place until an executor had it', async () => {
  const queue = await queueOf('ab')
  await queue.start(...flood('a', 6), 'b1')
  await queue.change('a5', 'cancelled')
  for (const run of flood('a', 4)) await queue.change(run, 'cancelled')
  await queue.start('b2')
  expect(await queue.sent()).toEqual(flood('a', 4))
  await work(queue, 4)
  expect(await queue.sent()).toEqual([...flood('a', 4), 'a6', 'b1', 'b2'])
})

test('what nobody took before the stream forgot it is sent again, and holds up nobody', async () => {
  const queue = await queueOf('ab')
  await queue.start(...flood('a', 5))
  queue.wait(9 * day)
  await queue.start('b1')
  expect(await queue.sent()).toEqual([...flood('a', 4), 'a1', 'b1', 'a2', 'a3'])
})

test('a run that no executor could finish makes room', async () => {
  const queue = await queueOf('a')
  await queue.start(...flood('a', 5))
  await queue.change('a2', 'abandoned')
  expect(await queue.sent()).toEqual(flood('a', 5))
})
