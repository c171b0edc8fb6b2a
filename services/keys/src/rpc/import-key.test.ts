import { canonicalBytes, hpkeSeal, randomBytes, utf8 } from '@reinraum/crypto'
import { publicKeysOf } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Agreement,
  agree,
  type Dataset,
  importDataset,
  revocationOf,
  sealDataset,
  sealForImport,
  signAs,
} from '../testing/agreement.ts'
import { type Room, startRoom } from '../testing/room.ts'

let room: Room
let agreement: Agreement
let strikes: Dataset

beforeAll(async () => {
  room = await startRoom()
})
afterAll(() => room.stop())

describe('a data key', () => {
  beforeAll(async () => {
    agreement = await agree(room)
    strikes = await sealDataset(agreement, 'strikes')
  })

  test('is taken from the owner of its slot, once: the same key again changes nothing', async () => {
    expect(await importDataset(agreement, strikes)).toMatchObject({ keyId: strikes.document.key, created: true })
    expect(await importDataset(agreement, strikes)).toMatchObject({ keyId: strikes.document.key, created: false })
  })

  test('is never replaced by another key', async () => {
    expect(await refusalOf(() => importDataset(agreement, { ...strikes, dataKey: randomBytes(32) }))).toBe('key-mismatch')
    const sameName = await sealDataset(agreement, 'strikes', (m) => ({ ...m, version: 2, key: strikes.document.key }))
    expect(await refusalOf(() => importDataset(agreement, sameName))).toBe('conflict')
  })

  test('is the one that its manifest commits to', async () => {
    const weather = await sealDataset(agreement, 'weather')
    const another = { ...weather, dataKey: randomBytes(32) }
    expect(await refusalOf(() => importDataset(agreement, another))).toBe('key-mismatch')
    expect(await importDataset(agreement, weather)).toMatchObject({ created: true })
  })

  test('is described to its owner, and to nobody else', async () => {
    const about = { contractId: agreement.id, keyId: strikes.document.key }
    const described = await room.shared.as(room.parties.bird).describeKey(about)
    expect(described).toMatchObject({ slot: 'strikes', manifestId: strikes.manifestId, releases: 0, revoked: false })
    expect(await refusalOf(() => room.shared.as(room.parties.air).describeKey(about))).toBe('key-unknown')
    expect(await refusalOf(() => room.shared.as(room.parties.stranger).describeKey(about))).toBe('permission-denied')
  })

  test('is refused from anyone but the owner of its slot', async () => {
    const weather = await sealDataset(agreement, 'weather')
    expect(await refusalOf(() => importDataset(agreement, weather, 'air'))).toBe('permission-denied')
    expect(await refusalOf(() => importDataset(agreement, weather, 'stranger'))).toBe('permission-denied')
  })

  test('is refused where the contract gives the slot to another key service', async () => {
    const flights = await sealDataset(agreement, 'flights')
    const { manifest } = flights
    const request = { contract: agreement.statement, manifest, sealedKey: await sealForImport(room.shared, flights) }
    expect(await refusalOf(() => room.shared.as(room.parties.air).importKey(request))).toBe('key-mismatch')
  })

  test('is refused when the manifest is not what the owner signed', async () => {
    const weather = await sealDataset(agreement, 'weather')
    const byAnother = { ...weather, manifest: await signAs(room, 'air', weather.document) }
    expect(await refusalOf(() => importDataset(agreement, byAnother))).toBe('signature-missing')
    const elsewhere = await sealDataset({ ...agreement, id: strikes.manifestId }, 'weather')
    expect(await refusalOf(() => importDataset(agreement, elsewhere))).toBe('contract-mismatch')
  })

  test('opens only under the manifest it was sealed for, in this key service, with 32 bytes', async () => {
    const weather = await sealDataset(agreement, 'weather')
    const bird = room.shared.as(room.parties.bird)
    const request = { contract: agreement.statement, manifest: weather.manifest }
    const forAnother = await sealForImport(room.shared, strikes)
    expect(await refusalOf(() => bird.importKey({ ...request, sealedKey: forAnother }))).toBe('decryption-failed')
    const toAnother = await sealForImport(room.airs, weather)
    expect(await refusalOf(() => bird.importKey({ ...request, sealedKey: toAnother }))).toBe('decryption-failed')
    for (const length of [0, 31, 33]) {
      const sealedKey = await sealForImport(room.shared, { ...weather, dataKey: randomBytes(length) })
      expect(await refusalOf(() => bird.importKey({ ...request, sealedKey }))).toBe('invalid-argument')
    }
    const otherInfo = await hpkeSeal(room.shared.vault.identity.hpkePublicKey, weather.dataKey, {
      info: utf8('reinraum/review/v1'),
      aad: utf8(weather.manifestId),
    })
    expect(await refusalOf(() => bird.importKey({ ...request, sealedKey: canonicalBytes(otherInfo) }))).toBe('decryption-failed')
    const otherSuite = canonicalBytes({ suite: 'none', enc: '', ciphertext: '' })
    expect(await refusalOf(() => bird.importKey({ ...request, sealedKey: otherSuite }))).toBe('suite-unsupported')
  })
})

describe('a contract', () => {
  const refusedUnder = async (change: Parameters<typeof agree>[1], slot = 'strikes') => {
    const contract = await agree(room, change)
    return refusalOf(async () => importDataset(contract, await sealDataset(contract, slot)))
  }

  test('must be signed by every member', async () => {
    const whole = await agree(room)
    const statement = await signAs(room, 'bird', whole.document)
    const dataset = await sealDataset(whole, 'strikes')
    expect(await refusalOf(() => importDataset({ ...whole, statement }, dataset))).toBe('contract-incomplete')
  })

  test('must name this key service with the keys that it has', async () => {
    const keys = publicKeysOf(room.parties.stranger)
    expect(
      await refusedUnder((c) => ({ ...c, keyServices: c.keyServices.map((k) => (k.id === 'shared' ? { ...k, keys } : k)) })),
    ).toBe('key-mismatch')
  })

  test('must name the custody in which the service runs, and its operator', async () => {
    const { publicKeys: keys } = room.shared.vault.identity
    expect(
      await refusedUnder((c) => ({
        ...c,
        keyServices: c.keyServices.map((k) => (k.id === 'shared' ? { id: k.id, custody: 'owner', operator: 'bird', keys } : k)),
      })),
    ).toBe('key-mismatch')
    const byBird = (c: Agreement['document']): Agreement['document'] => ({
      ...c,
      keyServices: c.keyServices.map((k) => (k.id === 'airs' && k.custody === 'owner' ? { ...k, operator: 'bird' } : k)),
    })
    expect(await refusedUnder(byBird, 'flights')).toBe('key-mismatch')
  })

  test('cannot make an owner run a key service for somebody else', async () => {
    const toAirs = (c: Agreement['document']): Agreement['document'] => ({
      ...c,
      slots: c.slots.map((slot) => ({ ...slot, keyService: 'airs' })),
    })
    expect(await refusedUnder(toAirs, 'strikes')).toBe('permission-denied')
  })

  test('must be in force by the clock of the key service', async () => {
    const contract = await agree(room)
    const dataset = await sealDataset(contract, 'strikes')
    room.clock.move(25 * 3600_000)
    expect(await refusalOf(() => importDataset(contract, dataset))).toBe('expired')
    room.clock.move(-25 * 3600_000)
  })

  test('that was revoked takes no more keys', async () => {
    const contract = await agree(room)
    await importDataset(contract, await sealDataset(contract, 'strikes'))
    const revocation = await revocationOf(contract, 'air', { type: 'contract' })
    await room.shared.as(room.parties.air).applyRevocation({ revocation })
    const second = await sealDataset(contract, 'strikes', (manifest) => ({ ...manifest, version: 2 }))
    expect(await refusalOf(() => importDataset(contract, second))).toBe('revoked')
  })
})
