import { parseStrictJson, randomBytes } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { fingerprintOf, publicKeysOf, serviceControlSchema } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { agreeAndImport } from '../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../testing/attempt.ts'
import { consent, sealAsAdministrator, shareOf, twoOfThree, unsealBy } from '../testing/ceremony.ts'
import { type PartyName, publicKeysFile, type Room, startRoom } from '../testing/room.ts'

let room: Room
beforeEach(async () => {
  room = await startRoom(twoOfThree)
})
afterEach(() => room.stop())

const file = (party: PartyName) => publicKeysFile(room.folder, party)
const as = (party: PartyName) => room.shared.asOf(SealService, room.parties[party])
/** The operator of the machine owns its configuration: it names itself wherever people are named. */
const operatorsOwn = () => ({
  rootKey: { kind: 'shares' as const, threshold: 2, holders: [file('stranger'), file('analyst')] },
  administrators: [file('stranger'), file('analyst')],
})

test('an operator who names itself in the configuration reshares nothing to itself', async () => {
  const agreement = await agreeAndImport(room)
  await room.restartShared(operatorsOwn())
  await unsealBy(room, 'air', 'bird')
  for (const operator of ['stranger', 'analyst'] as const) {
    expect(await refusalOf(as(operator).reshare({}))).toBe('permission-denied')
    expect(await refusalOf(as(operator).getUnsealShare({}))).toBe('not-found')
  }
  await room.restartShared(twoOfThree.shared?.(file))
  await unsealBy(room, 'bird', 'officer')
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
})

test('what a service says of itself names the operator, who can name itself only there', async () => {
  const control = async () => {
    const { control: json } = await as('bird').getSealStatus({ nonce: randomBytes(32) })
    return serviceControlSchema.parse(parseStrictJson(json))
  }
  const keysOf = (...names: PartyName[]) => names.map((name) => room.parties[name].signing.ed25519.x).sort()
  const prints = (...names: PartyName[]) => names.map((name) => fingerprintOf(publicKeysOf(room.parties[name]))).sort()
  const people = { kind: 'shares', threshold: 2, holders: prints('air', 'bird', 'officer') }
  const ownKeys = 'made-since-this-start'
  expect(await control()).toEqual({ rootKey: people, configured: people, ownKeys, administrators: keysOf('analyst') })
  await room.restartShared(operatorsOwn())
  const others = { kind: 'shares', threshold: 2, holders: prints('stranger', 'analyst') }
  const wanted = { rootKey: people, configured: others, ownKeys: 'older', administrators: keysOf('stranger', 'analyst') }
  expect(await control()).toEqual(wanted)
  await unsealBy(room, 'air', 'bird')
  expect(await control()).toEqual(wanted)
})

test('a holder consents to one configuration and no other, and only with its own share', async () => {
  const { control: shown } = await as('air').getSealStatus({ nonce: randomBytes(32) })
  await room.restartShared(operatorsOwn())
  await unsealBy(room, 'air', 'bird')
  const share = () => shareOf(room.shared, room.parties.air)
  expect(await refusalOf(consent(room.shared, room.parties.air, await share(), shown))).toBe('decryption-failed')
  expect(await refusalOf(consent(room.shared, room.parties.stranger, await share()))).toBe('permission-denied')
  expect(await refusalOf(consent(room.shared, room.parties.bird, await share()))).toBe('share-invalid')
  // One holder is not two, however often it says so.
  for (let time = 0; time < 3; time += 1)
    expect(await consent(room.shared, room.parties.air, await share())).toMatchObject({ awaited: 1 })
  expect(room.shared.vault.root.shared?.people.holders.map(({ key }) => key)).toContain(officer())
})

test.each<[string, (db: Room['shared']['vault']['store']['db']) => Promise<unknown>]>([
  ['a holder more', (db) => db.insertInto('unseal_shares').values(stray()).execute()],
  [
    'another key beside a name',
    (db) =>
      db
        .updateTable('unseal_shares')
        .set({ fingerprint: 'x'.repeat(43) })
        .where('holder', '=', officer())
        .execute(),
  ],
  ['a holder less', (db) => db.deleteFrom('unseal_shares').where('holder', '=', officer()).execute()],
])('%s in the store, and the service does not open', async (_, forge) => {
  await forge(room.shared.vault.store.db)
  await room.restartShared()
  expect(await refusalOf(unsealBy(room, 'air', 'bird'))).toBe('share-invalid')
  expect(room.shared.service.isSealed()).toBe(true)
})

const officer = () => room.parties.officer.signing.ed25519.x
const stray = () => ({
  holder: room.parties.stranger.signing.ed25519.x,
  sealed: randomBytes(64),
  commitment: randomBytes(32),
  fingerprint: fingerprintOf(publicKeysOf(room.parties.stranger)),
})

test('keys that are read from the store are called older, for it can come from anywhere', async () => {
  const control = async () => (await room.shared.service.control()).ownKeys
  expect(await control()).toBe('made-since-this-start')
  await sealAsAdministrator(room)
  expect(await control()).toBe('older')
  await unsealBy(room, 'air', 'bird')
  // Whatever lay in the store meanwhile.
  expect(await control()).toBe('older')
})
