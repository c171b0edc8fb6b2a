import { randomBytes, toHex } from '@reinraum/crypto'
import { SealService } from '@reinraum/proto'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { agreeAndImport } from '../../testing/agreement.ts'
import { bundleOf, outcomeOf } from '../../testing/attempt.ts'
import { contribute, sealAsAdministrator, shareOf, twoOfThree, unsealBy } from '../../testing/ceremony.ts'
import { type PartyName, type Room, startRoom } from '../../testing/room.ts'

let room: Room
beforeAll(async () => {
  room = await startRoom(twoOfThree)
})
afterAll(() => room.stop())

const as = (party: PartyName) => room.shared.asOf(SealService, room.parties[party])
const status = () => as('stranger').getSealStatus({ nonce: randomBytes(32) })

test('the first start makes the shares and is open until the service stops; then it takes two of three holders', async () => {
  expect(await status()).toMatchObject({ sealed: false, rootKey: 'shares', need: 2 })
  const agreement = await agreeAndImport(room)
  const { publicKeysJson } = room.shared.vault.identity
  await room.restartShared()
  expect(await status()).toMatchObject({ sealed: true, have: 0, need: 2 })
  expect(await refusalOf(async () => outcomeOf(agreement, room.shared, await bundleOf(agreement)))).toBe('sealed')

  const first = room.parties.air
  const second = room.parties.officer
  expect(await contribute(room.shared, first, await shareOf(room.shared, first))).toMatchObject({
    sealed: true,
    have: 1,
    need: 2,
  })
  expect(await status()).toMatchObject({ sealed: true, have: 1, need: 2 })
  const last = await contribute(room.shared, second, await shareOf(room.shared, second))
  expect(last).toMatchObject({ sealed: false, have: 2, need: 2 })
  expect(room.shared.vault.identity.publicKeysJson).toEqual(publicKeysJson)
  expect(await outcomeOf(agreement, room.shared, await bundleOf(agreement))).toBe('released')
})

describe('a sealed service', () => {
  // A start of its own for each: how often one caller may try is bounded.
  beforeEach(() => room.restartShared())

  test.each<[PartyName, PartyName]>([
    ['air', 'bird'],
    ['bird', 'air'],
    ['air', 'officer'],
    ['officer', 'air'],
    ['bird', 'officer'],
    ['officer', 'bird'],
  ])('is opened by %s and then %s', async (one, other) => {
    await unsealBy(room, one, other)
    expect(room.shared.service.isSealed()).toBe(false)
  })

  test('refuses a wrong share at once, and it spoils nobody else’s', async () => {
    await unsealBy(room, 'air')
    const right = await shareOf(room.shared, room.parties.bird)
    const lies: Uint8Array[] = [randomBytes(33), right.slice(0, 32), new Uint8Array(0), right.with(7, (right[7] ?? 0) ^ 1)]
    // The number of a share is a part of it.
    lies.push(right.with(32, (right[32] ?? 0) ^ 1))
    for (const lie of lies) expect(await refusalOf(contribute(room.shared, room.parties.bird, lie))).toBe('share-invalid')
    const ofAnother = await shareOf(room.shared, room.parties.air)
    expect(await refusalOf(contribute(room.shared, room.parties.officer, ofAnother))).toBe('share-invalid')
    expect(await status()).toMatchObject({ sealed: true, have: 1 })
    await unsealBy(room, 'officer')
    expect(room.shared.service.isSealed()).toBe(false)
  })

  test('counts a holder once', async () => {
    await unsealBy(room, 'air', 'air', 'air')
    expect(await status()).toMatchObject({ sealed: true, have: 1, need: 2 })
    await unsealBy(room, 'bird')
    expect(room.shared.service.isSealed()).toBe(false)
  })

  test('takes nothing from who holds no share, be it a share that is right', async () => {
    const share = await shareOf(room.shared, room.parties.air)
    for (const name of ['stranger', 'analyst'] as const) {
      expect(await refusalOf(contribute(room.shared, room.parties[name], share))).toBe('permission-denied')
      expect(await refusalOf(as(name).getUnsealShare({}))).toBe('not-found')
    }
    // Nor does one holder speak with the share of another.
    expect(await refusalOf(contribute(room.shared, room.parties.officer, share))).toBe('share-invalid')
    expect(await status()).toMatchObject({ sealed: true, have: 0 })
  })

  test('shows a share to nobody but its holder', async () => {
    const { sealedShare } = await as('bird').getUnsealShare({})
    const share = await shareOf(room.shared, room.parties.bird)
    expect(Buffer.from(sealedShare).includes(toHex(share))).toBe(false)
    const posing = { ...room.parties.bird, hpke: room.parties.air.hpke }
    expect(await refusalOf(shareOf(room.shared, posing))).toBe('decryption-failed')
  })

  test('forgets what came in when it is sealed once more', async () => {
    await unsealBy(room, 'air')
    await sealAsAdministrator(room)
    expect(await status()).toMatchObject({ have: 0 })
    await unsealBy(room, 'bird')
    expect(room.shared.service.isSealed()).toBe(true)
  })

  test('does not open when somebody wrote other commitments, or another check, into its store', async () => {
    const { db } = room.shared.service.site.store
    const lie = randomBytes(33)
    const good = await db.selectFrom('root_key').selectAll().executeTakeFirstOrThrow()
    const { commitmentTo } = await import('./share-commitment.ts')
    const holder = room.parties.bird.signing.ed25519.x
    const theirs = () => db.updateTable('unseal_shares').where('holder', '=', holder)
    const before = await db.selectFrom('unseal_shares').selectAll().where('holder', '=', holder).executeTakeFirstOrThrow()
    await theirs()
      .set({ commitment: commitmentTo(lie, room.shared.id, holder) })
      .execute()
    await unsealBy(room, 'air')
    expect(await refusalOf(contribute(room.shared, room.parties.bird, lie))).toBe('share-invalid')
    await theirs().set({ commitment: before.commitment }).execute()
    await db
      .updateTable('root_key')
      .set({ key_check: randomBytes(32) })
      .execute()
    expect(await refusalOf(unsealBy(room, 'air', 'bird'))).toBe('share-invalid')
    expect(room.shared.service.isSealed()).toBe(true)
    await db.updateTable('root_key').set({ key_check: good.key_check }).execute()
    await unsealBy(room, 'air', 'bird')
    expect(room.shared.service.isSealed()).toBe(false)
  })
})

test('an open service takes no contribution', async () => {
  if (room.shared.service.isSealed()) await unsealBy(room, 'air', 'bird')
  expect(await refusalOf(unsealBy(room, 'air'))).toBe('conflict')
})

test('what lies in the store holds no share and no root key', async () => {
  const rows = await room.shared.service.site.store.db.selectFrom('unseal_shares').selectAll().execute()
  expect(rows).toHaveLength(3)
  for (const party of ['air', 'bird', 'officer'] as const) {
    const share = await shareOf(room.shared, room.parties[party])
    for (const { sealed, commitment } of rows) {
      for (const part of [Buffer.from(share), Buffer.from(share.subarray(0, 32))]) {
        expect(Buffer.from(sealed).includes(part)).toBe(false)
        expect(Buffer.from(commitment).includes(part)).toBe(false)
      }
    }
  }
})
