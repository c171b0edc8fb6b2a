import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FreshnessNumbers, simulatedAttester } from '@reinraum/attestation'
import { openStore, type Store } from '@reinraum/kit'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { raiseStoredFloors, readFloors } from './freshness-floors.ts'
import { type KeysDatabase, keysMigrations, openKeysStore } from './store.ts'
import { type Agreement, agreeAndImport, type Dataset, executorMeasurement } from './testing/agreement.ts'
import { bundleOf, outcomeOf } from './testing/attempt.ts'
import { type Room, type RunningKeyService, startKeyService, startRoom } from './testing/room.ts'

const series = `crl/${'1'.repeat(64)}/${'2'.repeat(64)}`
const contract = 'sha256:contract'
const other = `tcb-evaluation/${'1'.repeat(64)}`

describe('stored floors', () => {
  async function freshStore(): Promise<{ readonly file: string; readonly store: Store<KeysDatabase> }> {
    const folder = await mkdtemp(join(tmpdir(), 'reinraum-floors-'))
    const file = join(folder, 'keys.sqlite')
    const store = await openKeysStore(file)
    onTestFinished(async () => {
      await store.close().catch(() => undefined)
      await rm(folder, { recursive: true })
    })
    return { file, store }
  }
  const raise = (store: Store<KeysDatabase>, observed: FreshnessNumbers) =>
    store.transaction((trx) => raiseStoredFloors(trx, contract, observed))

  test('rise, and never fall', async () => {
    const { store } = await freshStore()
    expect(await readFloors(store.db, contract)).toEqual({})
    await raise(store, { [series]: '9', [other]: '1' })
    await raise(store, { [series]: '10' })
    await raise(store, { [series]: '2', [other]: '1' })
    // As long as X.509 lets a number be (RFC 5280 §5.2.3: 20 octets).
    const long = (2n ** 159n).toString()
    await raise(store, { [other]: long })
    expect(await readFloors(store.db, contract)).toEqual({ [series]: '10', [other]: long })
  })

  test('of one contract bind no other', async () => {
    const { store } = await freshStore()
    await raise(store, { [series]: '9' })
    expect(await readFloors(store.db, 'sha256:another')).toEqual({})
    await store.transaction((trx) => raiseStoredFloors(trx, 'sha256:another', { [series]: '3' }))
    expect(await readFloors(store.db, contract)).toEqual({ [series]: '9' })
    expect(await readFloors(store.db, 'sha256:another')).toEqual({ [series]: '3' })
  })

  test('never fall when many raise them at a time', async () => {
    const { store } = await freshStore()
    const numbers = Array.from({ length: 40 }, (_, i) => (i * 17) % 40)
    const seen: number[] = []
    await Promise.all(
      numbers.map(async (number) => {
        await raise(store, { [series]: String(number) })
        seen.push(Number((await readFloors(store.db, contract))[series]))
      }),
    )
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(await readFloors(store.db, contract)).toEqual({ [series]: '39' })
  })

  test('survive closing and opening', async () => {
    const { file, store } = await freshStore()
    await raise(store, { [series]: '9' })
    await store.close()
    const again = await openKeysStore(file)
    expect(await readFloors(again.db, contract)).toEqual({ [series]: '9' })
    await again.close()
  })

  test('come to a store that was made before there were any, and nothing of it is lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reinraum-floors-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'keys.sqlite')
    const before = keysMigrations.filter(({ name }) => name !== 'keys-2')
    const old = await openStore<KeysDatabase>(file, before)
    const nonce = { nonce: 'n', purpose: 'r', issued_at: 1, used_at: null }
    await old.db.insertInto('nonces').values(nonce).execute()
    await old.close()
    const store = await openKeysStore(file)
    await raise(store, { [series]: '9' })
    expect(await readFloors(store.db, contract)).toEqual({ [series]: '9' })
    expect(await store.db.selectFrom('nonces').selectAll().execute()).toEqual([nonce])
    await store.close()
  })

  test.each([
    { series, number: 'nine' },
    { series, number: '-1' },
    { series, number: '' },
    { series: 'anything', number: '1' },
  ])('that somebody else wrote as $number under $series mean nothing, so nothing goes on', async (row) => {
    const { store } = await freshStore()
    await store.db
      .insertInto('freshness_floors')
      .values({ contract_id: contract, ...row })
      .execute()
    expect(await refusalOf(() => readFloors(store.db, contract))).toBe('internal')
    expect(await refusalOf(() => raise(store, { [other]: '1' }))).toBe('internal')
  })
})

describe('a release', () => {
  let room: Room
  let shared: RunningKeyService
  let agreement: Agreement & { readonly datasets: readonly Dataset[] }
  beforeAll(async () => {
    room = await startRoom()
    shared = room.shared
    agreement = await agreeAndImport(room)
  })
  afterAll(async () => {
    await Promise.all([shared.stop(), room.airs.stop()])
    await rm(room.folder, { recursive: true })
  })

  /** The executor's platform, with a revocation list of this number, DER. */
  const withList = (number: number, measurement = executorMeasurement) => {
    const extension = { oid: '2.5.29.20', critical: false, value: Uint8Array.of(2, 1, number) }
    return simulatedAttester(room.platform, {
      measurement,
      overrides: { crl: (c) => ({ ...c, extensions: [extension] }) },
    })
  }
  const ask = async (number: number, more: { readonly measurement?: string; readonly approved?: boolean } = {}) => {
    const bundle = await bundleOf(agreement, more.approved === false ? { approval: () => undefined } : {})
    return outcomeOf(agreement, shared, bundle, { attester: withList(number, more.measurement) })
  }
  const floor = async () => Object.values(await readFloors(shared.vault.store.db, agreement.id))

  test('raises the floor, and from then on an older list is refused though it is in force', async () => {
    expect(await ask(1)).toBe('released')
    expect(await floor()).toEqual(['1'])
    expect(await ask(5)).toBe('released')
    expect(await floor()).toEqual(['5'])
    expect(await ask(4)).toBe('evidence-contraindicated')
    expect(await floor()).toEqual(['5'])
    expect(await ask(5)).toBe('released')
  })

  test('that is denied raises nothing, whether for the evidence or for anything else', async () => {
    expect(await ask(50, { measurement: 'cd'.repeat(48) })).toBe('evidence-contraindicated')
    expect(await ask(50, { approved: false })).toBe('approval-missing')
    expect(await floor()).toEqual(['5'])
    expect(await ask(5)).toBe('released')
  })

  test('is refused for an older list after a restart as well', async () => {
    await shared.stop()
    const { keyServiceId, custody, attester } = shared.config
    const { folder, authority, clock } = room
    shared = await startKeyService({
      folder,
      authority,
      clock,
      governance: '127.0.0.1:1',
      own: { keyServiceId, custody, ...(attester ? { attester } : {}) },
    })
    expect(await ask(4)).toBe('evidence-contraindicated')
    expect(await ask(6)).toBe('released')
    expect(await floor()).toEqual(['6'])
  })

  test('of many at a time, each with its own list, leaves the highest number that was released for', async () => {
    const numbers = [9, 7, 12, 8, 11]
    const outcomes = await Promise.all(numbers.map((number) => ask(number)))
    expect(outcomes.filter((outcome) => outcome !== 'released' && outcome !== 'evidence-contraindicated')).toEqual([])
    expect(outcomes[numbers.indexOf(12)]).toBe('released')
    expect(await floor()).toEqual(['12'])
  })
})
