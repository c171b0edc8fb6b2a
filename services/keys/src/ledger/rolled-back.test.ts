import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { takeIn } from '../backup/take-in.ts'
import { markRestored } from '../rollback/mark-restored.ts'
import { openKeysStore } from '../store.ts'
import { agreeOnNoise, ask, freshDataset, type Imported, ledgerOf, reading, spend, spending, spentOf } from '../testing/noise.ts'
import { confirm, present, type RecoveryRoom, releasesOf, startRecoveryRoom } from '../testing/recovery.ts'
import type { RunningKeyService } from '../testing/room.ts'
import { endOfLedger } from './ledger-rows.ts'

let room: RecoveryRoom
let service: RunningKeyService
/** Two contracts over one dataset. */
let first: Imported
let second: Imported
let dataset: string

beforeAll(async () => {
  room = await startRecoveryRoom()
  service = room.shared
})
afterAll(() => room.stop())

const here = (agreement: Imported): Imported => ({ ...agreement, room: { ...room, shared: service } })
const spendHere = (agreement: Imported, epsilon: number) => spend(here(agreement), epsilon)
const spent = () => spentOf(here(first), dataset)
const logOf = (agreement: Imported) => releasesOf(agreement, service)

/** Stops the service, and lets its operator do something to its folder. */
async function whileStopped(operator: (data: string, earlier: string) => Promise<void>): Promise<void> {
  const { data } = service.config
  await service.stop()
  await operator(data, join(room.folder, 'earlier'))
  service = await room.start()
}
const keepCopy = () =>
  whileStopped(async (data, earlier) => {
    await rm(earlier, { recursive: true, force: true })
    await cp(data, earlier, { recursive: true })
  })
const setBack = () =>
  whileStopped(async (data, earlier) => {
    await rm(data, { recursive: true })
    await mkdir(data)
    await cp(earlier, data, { recursive: true })
  })

/**
 * 0.1 were spent when the copy was made: after it 0.2 under the first contract, 0.15 under the second, and
 * 0.05 under the first.
 */
let kept: { readonly first: Uint8Array[]; readonly second: Uint8Array[] }
beforeEach(async () => {
  dataset = freshDataset()
  first = await reading(await agreeOnNoise({ ...room, shared: service }), dataset)
  second = await reading(await agreeOnNoise({ ...room, shared: service }), dataset)
  for (const { id, statement } of [first, second]) room.directory.set(id, { contract: statement, revocations: [] })
  await spendHere(first, 0.1)
  await keepCopy()
  await spendHere(first, 0.2)
  await spendHere(second, 0.15)
  await spendHere(first, 0.05)
  kept = { first: await logOf(first), second: await logOf(second) }
  expect(await spent()).toBe(500_000)
  await setBack()
  expect(await spent()).toBe(100_000)
})

describe('what a store that was set back had spent', () => {
  test('is spent again with one later release that anybody shows, also what other contracts had spent before it', async () => {
    expect(await present(here(first), service, kept.first.slice(-1))).toBe('SET_BACK')
    expect(await spent()).toBe(500_000)
    // The others are in that already.
    await present(here(first), service, kept.first)
    await present(here(second), service, kept.second)
    expect(await spent()).toBe(500_000)
  })

  test('is entered in whatever order it is shown, and once', async () => {
    await present(here(second), service, kept.second)
    expect(await spent()).toBe(450_000)
    for (const releases of [kept.first, [...kept.first].reverse(), kept.first.slice(1)]) {
      await present(here(first), service, releases, 'air')
      expect(await spent()).toBe(500_000)
    }
    expect(
      (await endOfLedger(service.vault, service.vault.store.db, await ledgerOf(first, 'strikes', { dataset }))).sequence,
    ).toBe(4)
  })

  test('is debited before the lock opens, and holds up every other contract over the dataset until then', async () => {
    await present(here(first), service, kept.first)
    expect(await spendHere(second, 0.1)).toBe('rollback-detected')
    expect(await confirm(here(first), service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
    expect(await spendHere(second, 0.5)).toBe('released')
    expect(await spendHere(first, 0.000001)).toBe('budget-exhausted')
  })

  test('counts beside what was spent in the meantime: a ledger that went two ways is spent on both', async () => {
    expect(await spendHere(second, 0.3)).toBe('released')
    await present(here(first), service, kept.first)
    // 0.1 + 0.3 here; 0.2 and 0.05 there, with 0.15 that nobody has shown yet.
    expect(await spent()).toBe(650_000)
    expect(await present(here(second), service, kept.second)).toBe('FORKED')
    expect(await spent()).toBe(800_000)
    await confirm(here(first), service, 'bird')
    expect(await spendHere(first, 0.200001)).toBe('budget-exhausted')
    expect(await spendHere(first, 0.2)).toBe('released')
  })

  test('goes on from there: a second loss is mended as the first was', async () => {
    await present(here(first), service, kept.first)
    await confirm(here(first), service, 'bird')
    expect(await spendHere(first, 0.3)).toBe('released')
    const later = await logOf(first)
    await setBack()
    expect(await present(here(first), service, later.slice(-1))).toBe('SET_BACK')
    expect(await spent()).toBe(800_000)
    await present(here(first), service, later)
    await present(here(second), service, kept.second)
    expect(await spent()).toBe(800_000)
  })
})

test('entries taken out of the ledger alone are found out by a release that the log still has', async () => {
  await spendHere(first, 0.25)
  const { db } = service.vault.store
  await sql`drop trigger ledger_entries_remain`.execute(db)
  await db.deleteFrom('ledger_entries').where('sequence', '>', 1).execute()
  expect(await spent()).toBe(100_000)
  expect(await present(here(first), service, await logOf(first))).toBe('SET_BACK')
  expect(await spent()).toBe(350_000)
})

test('a broken ledger takes in nothing more, and nothing is debited from it', async () => {
  const { db } = service.vault.store
  await sql`drop trigger if exists ledger_entries_stay`.execute(db)
  const ledger = await ledgerOf(first, 'strikes', { dataset })
  await db.updateTable('ledger_entries').set({ spent_epsilon: 100_001 }).where('ledger', '=', ledger).execute()
  expect(await present(here(first), service, kept.first)).toBe('SET_BACK')
  expect(await confirm(here(first), service, 'bird')).toMatchObject({ lock: 'NONE' })
  for (const agreement of [first, second]) expect(await spendHere(agreement, 0.1)).toBe('ledger-broken')
})

describe('a store from a backup', () => {
  const restored = async () => {
    const createdAt = room.clock.now()
    await service.vault.store.transaction((trx) => markRestored(trx, { createdAt, now: createdAt }))
  }
  afterEach(async () => {
    await service.vault.store.db.deleteFrom('restorations').execute()
    await service.vault.store.db.deleteFrom('locks').execute()
  })

  test('spends nothing of a dataset before the owners of all its contracts have confirmed their logs', async () => {
    await restored()
    await present(here(first), service, kept.first)
    expect(await confirm(here(first), service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
    expect(await spendHere(first, 0.1)).toBe('rollback-detected')
    await present(here(second), service, kept.second)
    expect(await confirm(here(second), service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
    expect(await spendHere(first, 0.500001)).toBe('privacy-over-maximum')
    expect([await spendHere(first, 0.5), await spendHere(second, 0.000001)]).toEqual(['released', 'budget-exhausted'])
  })

  test('has every ledger as it was: entries open under the service’s own keys', async () => {
    const ledger = await ledgerOf(first, 'strikes', { dataset })
    const end = await endOfLedger(service.vault, service.vault.store.db, ledger)
    const folder = join(room.folder, `taken-in-${dataset}`)
    await mkdir(folder)
    await service.vault.store.db.executeQuery(sql`vacuum into ${join(folder, 'copy')}`.compile(service.vault.store.db))
    const store = await openKeysStore(join(folder, 'here'))
    await takeIn(store, join(folder, 'copy'), room.clock.now())
    expect(await endOfLedger(service.vault, store.db, ledger)).toEqual(end)
    expect((await store.db.selectFrom('ledger_entries').selectAll().execute()).length).toBeGreaterThan(1)
    await store.close()
  })
})

test('an entry that was shown is not believed of anybody but this service, and of a denial there is none', async () => {
  const refused = await ask(here(first), await spending(here(first), 0.5))
  expect(refused.outcome).toBe('released')
  const denied = await ask(here(first), await spending(here(first), 0.5))
  expect(denied.outcome).toBe('budget-exhausted')
  const before = await spent()
  expect(await present(here(first), service, [denied.statement])).toBe('NONE')
  expect(await spent()).toBe(before)
})
