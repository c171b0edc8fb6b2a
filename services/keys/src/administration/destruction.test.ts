import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeyAdministrationService, KeyState } from '@reinraum/proto'
import { verifyAdministration, verifyContract } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Agreement, agreeAndImport, type Dataset, importDataset, sealDataset } from '../testing/agreement.ts'
import { type Bundle, bundleOf, outcomeOf } from '../testing/attempt.ts'
import { type PartyName, type Room, startRoom } from '../testing/room.ts'
import { startDestructionTimer } from './destruction-timer.ts'
import { eraseDue } from './erase.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

const hour = 3600_000
const day = 24 * hour
let room: Room
let agreement: Imported
let strikes: Dataset
let clients: Record<'air' | 'bird' | 'analyst', ReturnType<typeof clientOf>>
const clientOf = (party: PartyName) => room.shared.asOf(KeyAdministrationService, room.parties[party])

beforeAll(async () => {
  room = await startRoom()
  clients = { air: clientOf('air'), bird: clientOf('bird'), analyst: clientOf('analyst') }
})
afterAll(() => room.stop())
beforeEach(async () => {
  agreement = await agreeAndImport(room, (contract) => ({
    ...contract,
    validity: { ...contract.validity, notAfter: new Date(room.clock.now().getTime() + 60 * day).toISOString() },
  }))
  strikes = agreement.datasets[0] ?? expect.fail()
})

const db = () => room.shared.vault.store.db
const key = (dataset = strikes) => ({ name: { case: 'manifestId' as const, value: dataset.manifestId } })
const about = (dataset = strikes) => ({ contractId: agreement.id, key: key(dataset) })
const destroy = (delayMs?: number, dataset = strikes) =>
  clients.bird.destroyKey({ ...about(dataset), ...(delayMs === undefined ? {} : { delayMs: BigInt(delayMs) }) })
const outcome = async (bundle?: Bundle) => outcomeOf(agreement, room.shared, bundle ?? (await bundleOf(agreement)))
const stateOf = async (dataset = strikes) => (await clients.bird.getKey(about(dataset))).key
const renew = async (bundle: Bundle) => {
  const { outcome: answer } = await room.shared.from('executor').renewLease({ runId: bundle.runId })
  return answer.case === 'deniedReasonCode' ? answer.value : answer.case
}

describe('from the order to destroy it, a key', () => {
  test('is not released, and runs that hold it lose their lease, whether or not the order is taken back', async () => {
    const bundle = await bundleOf(agreement)
    expect([await outcome(bundle), await renew(bundle)]).toEqual(['released', 'leaseExpiresAt'])
    const { destructionDueAt } = await destroy()
    const wait = Number(destructionDueAt) - room.clock.now().getTime()
    expect(Math.abs(wait - day)).toBeLessThan(10_000)
    expect([await outcome(), await renew(bundle)]).toEqual(['key-destroyed', 'key-destroyed'])
    expect(await stateOf()).toMatchObject({ state: KeyState.DESTRUCTION_SCHEDULED, destructionDueAt, wrappingVersion: 1 })
    await clients.bird.cancelDestruction(about())
    expect(await renew(bundle)).toBe('lease-lost')
    expect([await outcome(bundle), await renew(bundle)]).toEqual(['released', 'leaseExpiresAt'])
    expect(await stateOf()).toMatchObject({ state: KeyState.ACTIVE, destructionDueAt: 0n })
  })

  test('is not taken again either', async () => {
    await destroy()
    expect(await refusalOf(() => importDataset(agreement, strikes))).toBe('key-destroyed')
    const sameName = await sealDataset(agreement, 'strikes', (m) => ({ ...m, version: 2, key: strikes.document.key }))
    expect(await refusalOf(() => importDataset(agreement, sameName))).toBe('key-destroyed')
  })

  test('waits as long as its owner says, inside the bounds', async () => {
    for (const delay of [0, hour - 1, 30 * day + 1]) expect(await refusalOf(() => destroy(delay))).toBe('invalid-argument')
    await destroy(hour)
    expect(await refusalOf(() => destroy(hour))).toBe('conflict')
    const weather = agreement.datasets[1] ?? expect.fail()
    expect(await refusalOf(() => clients.bird.cancelDestruction(about(weather)))).toBe('conflict')
    await destroy(30 * day, weather)
  })

  test('can be destroyed, and the order be taken back, by its owner only', async () => {
    for (const party of ['air', 'analyst'] as const) {
      expect(await refusalOf(() => clients[party].destroyKey(about()))).toBe('key-unknown')
    }
    await destroy()
    expect(await refusalOf(() => clients.air.cancelDestruction(about()))).toBe('key-unknown')
    expect(await stateOf()).toMatchObject({ state: KeyState.DESTRUCTION_SCHEDULED })
  })
})

describe('when it is due, a dataset version', () => {
  const blobsOf = async () => {
    const keys = db().selectFrom('data_keys').where('contract_id', '=', agreement.id).where('slot', '=', 'strikes')
    const wrapping = db().selectFrom('wrapping_keys').where('contract_id', '=', agreement.id).where('slot', '=', 'strikes')
    return [...(await keys.select('sealed as bytes').execute()), ...(await wrapping.select('wrapped as bytes').execute())].map(
      ({ bytes }) => Buffer.from(bytes),
    )
  }
  /** How many of these stand anywhere in the database's files. */
  const onDisk = (blobs: readonly Buffer[]) => {
    const { data } = room.shared.config
    const files = readdirSync(data).filter((name) => name.startsWith('keys.sqlite'))
    expect(files).toContain('keys.sqlite')
    const contents = files.map((name) => readFileSync(join(data, name)))
    return blobs.filter((blob) => contents.some((content) => content.includes(blob))).length
  }

  test('is erased: no file of the store holds its sealed key, nor a wrapping key that ever sealed it; its neighbours stay', async () => {
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    await importDataset(agreement, second)
    const before = await blobsOf()
    await clients.bird.rewrapKeys({ contractId: agreement.id, slot: 'strikes', suite: 'ChaCha20-Poly1305' })
    const after = await blobsOf()
    expect([before.length, after.length, onDisk(after)]).toEqual([3, 3, 3])
    await destroy(hour)
    room.clock.move(hour)
    expect(await eraseDue(room.shared.vault)).toBeGreaterThan(0)
    expect(onDisk([...before, ...after])).toBe(0)
    expect(await eraseDue(room.shared.vault)).toBe(0)

    expect(await outcome()).toBe('key-destroyed')
    const datasets = agreement.datasets.map((dataset) => (dataset.slot === 'strikes' ? second : dataset))
    const neighbour = { ...agreement, datasets }
    expect(await outcomeOf(neighbour, room.shared, await bundleOf(neighbour))).toBe('released')
    expect(await stateOf(second)).toMatchObject({ state: KeyState.ACTIVE, wrappingVersion: 3, suite: 'ChaCha20-Poly1305' })
    expect((await clients.bird.listKeys({ contractId: agreement.id })).slots[0]).toMatchObject({ versions: [3] })
  })

  test('leaves a tombstone and a record, and its key does not come back', async () => {
    const { destructionDueAt } = await destroy(hour)
    room.clock.move(2 * hour)
    expect(await refusalOf(() => clients.bird.cancelDestruction(about()))).toBe('key-destroyed')
    const { keyId, manifestId } = (await stateOf()) ?? expect.fail()
    expect([keyId, manifestId]).toEqual([strikes.document.key, strikes.manifestId])
    expect(await stateOf()).toMatchObject({ state: KeyState.DESTROYED, wrappingVersion: 0, suite: '', destructionDueAt })
    expect(await refusalOf(() => importDataset(agreement, strikes))).toBe('key-destroyed')
    expect(await refusalOf(() => destroy(hour))).toBe('key-destroyed')
    expect(await outcome()).toBe('key-destroyed')
    const { acts } = await clients.analyst.listAdministration({ contractId: agreement.id })
    const contract = await verifyContract(agreement.statement, { now: room.clock.now() })
    const entries = await Promise.all(acts.slice(-2).map((act) => verifyAdministration(act, contract)))
    const dataset = { slot: 'strikes', manifest: strikes.manifestId, key: strikes.document.key }
    expect(entries.map(({ document: { by, act } }) => ({ by, act }))).toEqual([
      { by: 'bird', act: { type: 'destruction-scheduled', ...dataset, due: new Date(Number(destructionDueAt)).toISOString() } },
      { by: null, act: { type: 'key-destroyed', ...dataset, version: 2 } },
    ])
    // The slot lives on: a new version is sealed under the fresh wrapping key.
    const second = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    await importDataset(agreement, second)
    expect(await stateOf(second)).toMatchObject({ wrappingVersion: 2 })
  })

  test('is erased though a neighbour of it does not open any more; the others stay', async () => {
    const neighbours = await Promise.all(
      [2, 3, 4].map((version) => sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version }))),
    )
    for (const dataset of neighbours) await importDataset(agreement, dataset)
    // Keys are moved in this order: the first does not open.
    const [lost, ...others] = neighbours.sort((a, b) => (a.manifestId < b.manifestId ? -1 : 1))
    await db()
      .updateTable('data_keys')
      .set({ owner: 'air' })
      .where('manifest_id', '=', lost?.manifestId ?? '')
      .execute()
    await destroy(hour)
    room.clock.move(hour)
    expect(await stateOf()).toMatchObject({ state: KeyState.DESTROYED })
    for (const other of others) expect(await stateOf(other)).toMatchObject({ wrappingVersion: 2 })
    const rewrap = () => clients.bird.rewrapKeys({ contractId: agreement.id, slot: 'strikes' })
    expect(await refusalOf(rewrap)).toBe('decryption-failed')
  })

  test('is erased by the timer, when nobody asks for it, and not before', async () => {
    await destroy(hour)
    const blobs = await blobsOf()
    const timer = startDestructionTimer(room.shared.service, { everyMs: 20 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(onDisk(blobs)).toBe(2)
    room.clock.move(hour)
    await expect.poll(() => onDisk(blobs)).toBe(0)
    await timer.stop()
    const tombstone = db().selectFrom('destructions').select('destroyed_at').where('manifest_id', '=', strikes.manifestId)
    expect((await tombstone.executeTakeFirstOrThrow()).destroyed_at).not.toBeNull()
  })
})
