import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RecoveryService } from '@reinraum/proto'
import { type Contract, parseStatement, signerOf, signStatement } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type Agreement,
  agree,
  agreeAndImport,
  type Dataset,
  importDataset,
  revocationOf,
  sealDataset,
} from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { confirm, present, type RecoveryRoom, releasesOf, startRecoveryRoom } from '../testing/recovery.ts'
import type { RunningKeyService } from '../testing/room.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

let room: RecoveryRoom
let agreement: Imported
let service: RunningKeyService
const earlier = () => join(room.folder, 'earlier')

beforeAll(async () => {
  room = await startRecoveryRoom()
  service = room.shared
})
afterAll(() => room.stop())
beforeEach(async () => {
  agreement = await agreeAndImport({ ...room, shared: service })
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [] })
})

const outcome = async () => outcomeOf(agreement, service, await bundleOf(agreement))
/** One denial, which needs nothing but a nonce. */
const deny = async () => outcomeOf(agreement, service, await bundleOf(agreement, { approval: () => undefined }))

/** Stops the service, and lets its operator do something to its folder. */
async function whileStopped(operator: (data: string) => Promise<void>): Promise<void> {
  const { data } = service.config
  await service.stop()
  await operator(data)
  service = await room.start()
}
const keepCopy = () =>
  whileStopped(async (data) => {
    await rm(earlier(), { recursive: true, force: true })
    await cp(data, earlier(), { recursive: true })
  })
const setBack = () =>
  whileStopped(async (data) => {
    await rm(data, { recursive: true })
    await mkdir(data)
    await cp(earlier(), data, { recursive: true })
  })

describe('a store that its operator has set back', () => {
  let kept: Uint8Array[]

  /** Five runs were approved, two were released after the copy. */
  beforeEach(async () => {
    await outcome()
    await keepCopy()
    await outcome()
    await deny()
    await outcome()
    kept = await releasesOf(agreement, service)
    await setBack()
    expect(await releasesOf(agreement, service)).toHaveLength(1)
  })

  test('is noticed with one later release that any member shows: nothing is released, renewed or imported from then on', async () => {
    const bundle = await bundleOf(agreement)
    expect(await outcomeOf(agreement, service, bundle)).toBe('released')
    expect(await present(agreement, service, kept.slice(-1))).toBe('SET_BACK')
    expect(await refusalOf(outcome)).toBe('rollback-detected')
    const renewed = await service.from('executor').renewLease({ runId: bundle.runId })
    expect(renewed.outcome).toEqual({ case: 'deniedReasonCode', value: 'rollback-detected' })
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    const into = { ...agreement, room: { ...room, shared: service } }
    expect(await refusalOf(() => importDataset(into, second))).toBe('rollback-detected')
  })

  test('stays locked over a new start, and tells the bus once', async () => {
    expect(await present(agreement, service, kept.slice(-1))).toBe('SET_BACK')
    expect(await present(agreement, service, kept.slice(-1))).toBe('SET_BACK')
    await whileStopped(async () => undefined)
    expect(await refusalOf(outcome)).toBe('rollback-detected')
    const { rows } = await sql<{ body: Uint8Array }>`select body from outbox`.execute(service.vault.store.db)
    const told = rows.map(({ body }) => Buffer.from(body)).filter((body) => body.includes('rollback-detected'))
    expect(told.filter((body) => body.includes(agreement.id))).toHaveLength(1)
  })

  test('is mended by the missing releases, in any order: the log is whole, and what they debited is debited', async () => {
    const debits = () => service.vault.store.db.selectFrom('debits').select('run_id').execute()
    const before = (await debits()).length
    expect(await present(agreement, service, [kept[3], kept[2]] as Uint8Array[])).toBe('SET_BACK')
    expect(await releasesOf(agreement, service)).toHaveLength(1)
    expect(await present(agreement, service, [kept[1]] as Uint8Array[], 'air')).toBe('SET_BACK')
    expect(await releasesOf(agreement, service)).toEqual(kept)
    // Two owners approve, so that each released run is debited twice.
    expect((await debits()).length - before).toBe(4)
    const released = service.vault.store.db.selectFrom('released_keys').where('contract_id', '=', agreement.id)
    const mended = await released.select(['slot', 'run_id']).execute()
    expect(mended.map(({ slot }) => slot).sort()).toEqual(['strikes', 'strikes', 'strikes', 'weather', 'weather', 'weather'])

    expect(await refusalOf(outcome)).toBe('rollback-detected')
    expect(await confirm(agreement, service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
    expect(await outcome()).toBe('released')
    expect(await present(agreement, service, kept)).toBe('NONE')
  })

  test('is not opened by a confirmation while a release that was shown is missing', async () => {
    await present(agreement, service, kept.slice(-1))
    expect(await confirm(agreement, service, 'bird')).toEqual({ lock: 'SET_BACK', awaited: [] })
    expect(await refusalOf(outcome)).toBe('rollback-detected')
  })

  test('stays locked for good when it went on in the meantime: its log contradicts what it signed before', async () => {
    await deny()
    expect(await present(agreement, service, kept)).toBe('FORKED')
    expect(await confirm(agreement, service, 'bird')).toEqual({ lock: 'FORKED', awaited: [] })
    expect(await refusalOf(outcome)).toBe('rollback-detected')
  })
})

describe('a lock', () => {
  test('is ended by owners whose keys are here, and only at the end of the log', async () => {
    await outcome()
    const client = (party: 'analyst' | 'air' | 'officer' | 'bird' | 'stranger') =>
      service.asOf(RecoveryService, room.parties[party])
    const end = (await client('bird').getLogState({ contractId: agreement.id })).state
    const at = { contractId: agreement.id, sequence: end?.sequence ?? 0, releaseId: end?.releaseId ?? '' }
    for (const party of ['analyst', 'air', 'officer', 'stranger'] as const)
      expect(await refusalOf(() => client(party).confirmLog(at))).toBe('permission-denied')
    expect(await refusalOf(() => client('bird').confirmLog({ ...at, sequence: 0, releaseId: '' }))).toBe('conflict')
    expect(await refusalOf(() => client('stranger').getLogState({ contractId: agreement.id }))).toBe('permission-denied')
  })

  test('comes from releases that this service signed, and from nothing else', async () => {
    await outcome()
    const [release] = await releasesOf(agreement, service)
    const { document } = parseStatement(release as Uint8Array)
    const forged = await signStatement({ ...document, sequence: 9 } as never, signerOf(room.parties.bird))
    expect(await refusalOf(() => present(agreement, service, [forged]))).toBe('unknown-member')
    const other = await agreeAndImport({ ...room, shared: service })
    expect(await refusalOf(() => present({ ...other, room }, service, [release as Uint8Array]))).toBe('contract-mismatch')
    expect(await refusalOf(() => present(agreement, service, [release as Uint8Array], 'stranger'))).toBe('permission-denied')
    expect(await outcome()).toBe('released')
  })
})

test('of several owners each has to confirm, and anew when the log has grown since', async () => {
  const everything = (contract: Contract): Contract => ({
    ...contract,
    slots: contract.slots.map((slot) => ({ ...slot, keyService: 'shared' })),
  })
  agreement = await agreeAndImport({ ...room, shared: service }, everything)
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [] })
  await keepCopy()
  await outcome()
  await outcome()
  const kept = await releasesOf(agreement, service)
  await setBack()
  await present(agreement, service, kept.slice(-1))
  expect((await confirm(agreement, service, 'bird')).awaited).toEqual(['air'])
  await present(agreement, service, kept)
  expect(await confirm(agreement, service, 'air')).toEqual({ lock: 'SET_BACK', awaited: ['bird'] })
  expect(await refusalOf(outcome)).toBe('rollback-detected')
  expect(await confirm(agreement, service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
  expect(await outcome()).toBe('released')
})

test('a revocation that a store from the past does not know counts before the contract opens again', async () => {
  await outcome()
  await keepCopy()
  await outcome()
  const kept = await releasesOf(agreement, service)
  const revocation = await revocationOf(agreement, 'bird', { type: 'contract' })
  await service.as(room.parties.bird).applyRevocation({ revocation })
  await setBack()
  room.directory.set(agreement.id, { contract: agreement.statement, revocations: [revocation] })
  await present(agreement, service, kept)
  expect(await confirm(agreement, service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
  expect(await outcome()).toBe('revoked')
})

test('a contract that a restored store does not know is locked too: its log may have been longer', async () => {
  const now = room.clock.now().getTime()
  await service.vault.store.db.insertInto('restorations').values({ restored_at: now, backup_created_at: now }).execute()
  const into = { ...room, shared: service }
  expect(await refusalOf(() => agreeAndImport(into))).toBe('rollback-detected')
  const fresh = await agree(into)
  room.directory.set(fresh.id, { contract: fresh.statement, revocations: [] })
  expect(await confirm(fresh, service, 'bird')).toEqual({ lock: 'NONE', awaited: [] })
  const dataset = await sealDataset(fresh, 'strikes')
  expect(await importDataset(fresh, dataset)).toMatchObject({ created: true })
  await service.vault.store.db.deleteFrom('restorations').execute()
})

test('an administrator who has looked takes the clock for right again, and nobody else does', async () => {
  const clock = (party: 'officer' | 'bird') => service.asOf(RecoveryService, room.parties[party])
  await outcome()
  room.clock.step(3600_000)
  expect(await outcome()).toBe('clock-unsound')
  const { wall, sound } = await clock('officer').getClock({})
  expect(sound).toBe(false)
  expect(await refusalOf(() => clock('bird').confirmClock({ wall }))).toBe('permission-denied')
  expect(await refusalOf(() => clock('officer').confirmClock({ wall: wall - 3600_000n }))).toBe('conflict')
  await clock('officer').confirmClock({ wall })
  expect(await outcome()).toBe('released')
  expect((await clock('officer').getClock({})).sound).toBe(true)
})
