import { KeyAdministrationService } from '@reinraum/proto'
import { type AdministrativeAct, thumbprint, verifyAdministration, verifyContract } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { maximumWrappingKeys } from '../rpc/rotate-wrapping-key.ts'
import { type Agreement, agreeAndImport, type Dataset, importDataset, revocationOf, sealDataset } from '../testing/agreement.ts'
import { bundleOf, openReleased, outcomeOf, requestOf } from '../testing/attempt.ts'
import { type PartyName, type Room, startRoom } from '../testing/room.ts'

type Imported = Agreement & { readonly datasets: readonly Dataset[] }

let room: Room
let agreement: Imported
const owners = new Map<PartyName, ReturnType<typeof clientOf>>()
const clientOf = (party: PartyName) => room.shared.asOf(KeyAdministrationService, room.parties[party])
const as = (party: PartyName) => owners.get(party) ?? owners.set(party, clientOf(party)).get(party) ?? expect.fail()

beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())
beforeEach(async () => {
  agreement = await agreeAndImport(room)
})

const strikes = () => ({ contractId: agreement.id, slot: 'strikes' })
const outcome = async (of: Imported = agreement) => outcomeOf(of, room.shared, await bundleOf(of))
const secondVersion = async () => {
  const dataset = await sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
  await importDataset(agreement, dataset)
  return dataset
}
/** The same agreement, of which runs read this version of the strikes. */
const reading = (dataset: Dataset): Imported => ({
  ...agreement,
  datasets: agreement.datasets.map((other) => (other.slot === 'strikes' ? dataset : other)),
})
const listed = async (party: PartyName = 'bird') => as(party).listKeys({ contractId: agreement.id })
const versions = async () => (await listed()).slots.find(({ slot }) => slot === 'strikes')?.versions
const db = () => room.shared.vault.store.db
const setSuite = (table: 'data_keys' | 'wrapping_keys', suite: string) =>
  db().updateTable(table).set({ suite }).where('contract_id', '=', agreement.id).where('slot', '=', 'strikes').execute()

describe('a wrapping key', () => {
  test('that is rotated seals what is imported from then on; what was there stays until it is rewrapped', async () => {
    expect(await as('bird').rotateWrappingKey(strikes())).toMatchObject({ version: 2 })
    const second = await secondVersion()
    const { keys } = await listed()
    const versionOf = (id: string | undefined) => keys.find(({ manifestId }) => manifestId === id)?.wrappingVersion
    expect([versionOf(agreement.datasets[0]?.manifestId), versionOf(second.manifestId)]).toEqual([1, 2])
    expect([await outcome(), await outcome(reading(second))]).toEqual(['released', 'released'])
    expect(await as('bird').rewrapKeys(strikes())).toMatchObject({ version: 2, keys: 1, suite: 'A256KWP' })
    expect(await versions()).toEqual([2])
    expect([await outcome(), await outcome(reading(second))]).toEqual(['released', 'released'])
    expect(await as('bird').rewrapKeys(strikes())).toMatchObject({ version: 2, keys: 0 })
  })

  test('has so many versions at a time and no more', async () => {
    const row = await db()
      .selectFrom('wrapping_keys')
      .selectAll()
      .where('contract_id', '=', agreement.id)
      .executeTakeFirstOrThrow()
    const rows = Array.from({ length: maximumWrappingKeys - 1 }, (_, i) => ({ ...row, slot: 'strikes', version: i + 2 }))
    await db().insertInto('wrapping_keys').values(rows).execute()
    expect(await refusalOf(() => as('bird').rotateWrappingKey(strikes()))).toBe('resource-exhausted')
  })

  test('is nobody’s but its owner’s: a slot of another owner is as unknown as one that does not exist', async () => {
    const acts = (party: PartyName, slot: string) => [
      () => as(party).rotateWrappingKey({ ...strikes(), slot }),
      () => as(party).rewrapKeys({ ...strikes(), slot }),
      () => as(party).setMinimumVersion({ ...strikes(), slot, version: 1 }),
    ]
    // The flights are air's, but their keys lie elsewhere.
    for (const [party, slot] of [
      ['air', 'strikes'],
      ['bird', 'nothing'],
      ['officer', 'strikes'],
      ['air', 'flights'],
    ] as const) {
      for (const act of acts(party, slot)) expect(await refusalOf(act)).toBe('key-unknown')
    }
    for (const act of acts('stranger', 'strikes')) expect(await refusalOf(act)).toBe('permission-denied')
    expect(await versions()).toEqual([1])
  })
})

describe('a minimum version', () => {
  test('keeps back what is sealed under an older one, with a recorded denial, until it is rewrapped', async () => {
    await as('bird').rotateWrappingKey(strikes())
    await as('bird').setMinimumVersion({ ...strikes(), version: 2 })
    expect(await outcome()).toBe('key-version-too-low')
    const second = await secondVersion()
    expect(await outcome(reading(second))).toBe('released')
    await as('bird').rewrapKeys(strikes())
    expect(await outcome()).toBe('released')
  })

  test('only rises, and not beyond the newest version', async () => {
    const set = (version: number) => refusalOf(() => as('bird').setMinimumVersion({ ...strikes(), version }))
    expect(await set(2)).toBe('invalid-argument')
    await as('bird').rotateWrappingKey(strikes())
    await as('bird').setMinimumVersion({ ...strikes(), version: 2 })
    expect(await set(1)).toBe('invalid-argument')
    await as('bird').setMinimumVersion({ ...strikes(), version: 2 })
    expect((await listed()).slots).toMatchObject([{ minimumVersion: 2 }, { minimumVersion: 1 }])
  })
})

describe('the suite of a key at rest', () => {
  test('is changed by rewrapping, and stays that of the slot', async () => {
    const suite = 'ChaCha20-Poly1305'
    expect(await as('bird').rewrapKeys({ ...strikes(), suite })).toMatchObject({ version: 2, keys: 1, suite })
    expect(await outcome()).toBe('released')
    const second = await secondVersion()
    const attempt = await requestOf(agreement, room.shared, await bundleOf(reading(second)))
    const { outcome: answer } = await room.shared.from('executor').releaseKeys(attempt.request)
    const released = answer.case === 'released' ? answer.value.keys : expect.fail()
    const key = released.find(({ slot }) => slot === 'strikes') ?? expect.fail()
    expect(await openReleased(attempt, key)).toEqual(second.dataKey)
    const described = (await listed()).keys.filter(({ slot }) => slot === 'strikes')
    expect(described).toMatchObject([
      { suite, wrappingVersion: 2 },
      { suite, wrappingVersion: 2 },
    ])
    expect(await as('bird').rotateWrappingKey(strikes())).toMatchObject({ version: 3 })
    expect(await as('bird').rewrapKeys({ ...strikes(), suite: 'A256KWP' })).toMatchObject({ version: 4, keys: 2 })
    expect(await outcome()).toBe('released')
  })

  test('that is unknown is refused, asked for or in a row', async () => {
    const suite = 'DES'
    expect(await refusalOf(() => as('bird').rewrapKeys({ ...strikes(), suite }))).toBe('suite-unsupported')
    await setSuite('data_keys', suite)
    expect(await outcome()).toBe('suite-unsupported')
    await setSuite('data_keys', 'A256KWP')
    await setSuite('wrapping_keys', suite)
    expect(await outcome()).toBe('suite-unsupported')
  })

  test('cannot be exchanged in a row', async () => {
    const suite = 'ChaCha20-Poly1305'
    await setSuite('data_keys', suite)
    expect(await outcome()).toBe('key-mismatch')
    await db().updateTable('wrapping_keys').set({ seals: suite }).where('contract_id', '=', agreement.id).execute()
    expect(await outcome()).toBe('key-mismatch')
  })
})

test('what an owner lists is its own: slots, keys, suites, and what became of them', async () => {
  await outcome()
  const { slots, keys, more } = await listed()
  const slot = { versions: [1], minimumVersion: 1, suite: 'A256KWP', wrappingSuite: 'A256KWP' }
  expect(slots).toMatchObject([
    { slot: 'strikes', ...slot },
    { slot: 'weather', ...slot },
  ])
  expect({ more, slots: keys.map((key) => key.slot).sort() }).toEqual({ more: false, slots: ['strikes', 'weather'] })
  const { manifestId, document } = agreement.datasets[0] ?? expect.fail()
  const name = { case: 'keyId' as const, value: document.key }
  const { key } = await as('bird').getKey({ contractId: agreement.id, key: { name } })
  expect(key).toMatchObject({ manifestId, keyId: document.key, releases: 1, revoked: false, state: 1 })
  expect(await refusalOf(() => as('air').getKey({ contractId: agreement.id, key: { name } }))).toBe('key-unknown')
  expect(await listed('air')).toMatchObject({ slots: [], keys: [] })
  const { keys: after } = await as('bird').listKeys({ contractId: agreement.id, afterManifestId: keys[0]?.manifestId ?? '' })
  expect(after.map((one) => one.manifestId)).toEqual([keys[1]?.manifestId])
})

test('every act is in one chain that the key service signed: what, by whom, with which key', async () => {
  await as('bird').rotateWrappingKey(strikes())
  await as('bird').rewrapKeys(strikes())
  await as('bird').setMinimumVersion({ ...strikes(), version: 2 })
  await as('bird').setMinimumVersion({ ...strikes(), version: 2 })
  const revocation = await revocationOf(agreement, 'bird', {
    type: 'datasetVersion',
    manifest: agreement.datasets[0]?.manifestId ?? '',
  })
  for (const _ of [1, 2]) await room.shared.as(room.parties.bird).applyRevocation({ revocation })
  const { acts, more } = await as('analyst').listAdministration({ contractId: agreement.id })
  const contract = await verifyContract(agreement.statement, { now: room.clock.now() })
  const entries = await Promise.all(acts.map((act) => verifyAdministration(act, contract)))
  const types: AdministrativeAct['type'][] = [
    ...(['key-imported', 'key-imported', 'wrapping-key-rotated', 'keys-rewrapped'] as const),
    ...(['minimum-version-set', 'revocation-applied'] as const),
  ]
  expect({ more, types: entries.map(({ document }) => document.act.type) }).toEqual({ more: false, types })
  expect(entries.map(({ document }) => document.previous)).toEqual([null, ...entries.slice(0, -1).map(({ id }) => id)])
  const byKey = await thumbprint(
    agreement.document.members.find(({ id }) => id === 'bird')?.keys.signing.ed25519 ?? expect.fail(),
  )
  for (const { document } of entries) expect(document).toMatchObject({ by: 'bird', byKey })
  const rest = await as('analyst').listAdministration({ contractId: agreement.id, afterSequence: 5 })
  expect(rest.acts).toEqual(acts.slice(5))
  expect(await refusalOf(() => as('stranger').listAdministration({ contractId: agreement.id }))).toBe('permission-denied')
})

test('releases, imports, rotations and rewraps race, and nothing is lost', async () => {
  const bundle = await bundleOf(agreement)
  const requests = await Promise.all(Array.from({ length: 6 }, () => requestOf(agreement, room.shared, bundle)))
  const more = await Promise.all(
    [2, 3, 4].map((version) => sealDataset(agreement, 'strikes', (manifest) => ({ ...manifest, version }))),
  )
  const [released] = await Promise.all([
    Promise.all(requests.map(({ request }) => room.shared.from('executor').releaseKeys(request))),
    Promise.all(more.map((dataset) => importDataset(agreement, dataset))),
    ...[1, 2, 3].map(() => as('bird').rotateWrappingKey(strikes())),
    ...[1, 2, 3].map((i) => as('bird').rewrapKeys({ ...strikes(), suite: i % 2 === 0 ? 'ChaCha20-Poly1305' : 'A256KWP' })),
  ])
  expect(released.map(({ outcome: { case: how } }) => how)).toEqual(requests.map(() => 'released'))
  for (const dataset of more) expect(await outcome(reading(dataset))).toBe('released')
  await as('bird').rewrapKeys(strikes())
  expect(await versions()).toHaveLength(1)
  for (const dataset of more) expect(await outcome(reading(dataset))).toBe('released')
})
