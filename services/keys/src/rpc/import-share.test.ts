import { combineShares, constantTimeEqual, fromBase64url, keyCheckValue, randomBytes, splitSecret } from '@reinraum/crypto'
import { manifestCoreContext } from '@reinraum/statements'
import { refusalOf } from '@reinraum/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Agreement, agree, type Dataset, importDataset, sealDataset, sealForImport } from '../testing/agreement.ts'
import { bundleOf, openReleased, outcomeOf, requestOf } from '../testing/attempt.ts'
import { type Room, type RunningKeyService, startRoom } from '../testing/room.ts'

let room: Room
let agreement: Agreement
let weather: Dataset
let forShared: Uint8Array
let forAirs: Uint8Array

/** Bird's weather is in two shares: one in the attested key service, one in air's own. */
const inShares = { threshold: 2, services: ['shared', 'airs'] }

beforeAll(async () => {
  room = await startRoom()
  agreement = await agree(room, (contract) => ({
    ...contract,
    slots: contract.slots.filter(({ id }) => id === 'weather').map((slot) => ({ ...slot, keyService: inShares })),
  }))
  weather = await sealDataset(agreement, 'weather')
  ;[forShared, forAirs] = (await splitSecret(weather.dataKey, { shares: 2, threshold: 2 })) as [Uint8Array, Uint8Array]
})
afterAll(() => room.stop())

async function importShare(service: RunningKeyService, share: Uint8Array, { manifest, manifestId } = weather) {
  const sealedKey = await sealForImport(service, { dataKey: share, manifestId })
  return service.as(room.parties.bird).importKey({ contract: agreement.statement, manifest, sealedKey })
}

describe("a key service that holds a share of a slot's key", () => {
  test("takes its share from the slot's owner, also where another owner runs it, and once", async () => {
    expect(await importShare(room.shared, forShared)).toMatchObject({ created: true })
    expect(await importShare(room.airs, forAirs)).toMatchObject({ created: true })
    expect(await importShare(room.airs, forAirs)).toMatchObject({ created: false })
  })

  test('never replaces it by another share', async () => {
    expect(await refusalOf(() => importShare(room.airs, forShared))).toBe('conflict')
    expect(await refusalOf(() => importShare(room.airs, randomBytes(33)))).toBe('conflict')
  })

  test('takes no whole key in its place, and nothing of another length', async () => {
    const second = await sealDataset(agreement, 'weather', (manifest) => ({ ...manifest, version: 2 }))
    for (const length of [0, 1, 31, 32, 34]) {
      expect(await refusalOf(() => importShare(room.airs, randomBytes(length), second))).toBe('invalid-argument')
    }
    expect(await refusalOf(() => importShare(room.airs, second.dataKey, second))).toBe('invalid-argument')
  })

  test('takes none of a slot that was given to it alone by an owner who does not run it', async () => {
    const alone = await agree(room, (contract) => ({
      ...contract,
      slots: contract.slots.map((slot) => ({ ...slot, keyService: 'airs' })),
    }))
    const dataset = await sealDataset(alone, 'weather')
    expect(await refusalOf(() => importDataset(alone, dataset))).toBe('permission-denied')
  })

  test('gives its share to a run like a key, and only the shares of both are the key', async () => {
    const bundle = await bundleOf({ ...agreement, datasets: [weather] })
    const shares: Uint8Array[] = []
    for (const service of [room.shared, room.airs]) {
      const attempt = await requestOf(agreement, service, bundle)
      const { outcome } = await service.from('executor').releaseKeys(attempt.request)
      if (outcome.case !== 'released') throw new Error(`denied: ${outcome.value?.reasonCode}`)
      expect(outcome.value.keys.map(({ slot }) => slot)).toEqual(['weather'])
      for (const key of outcome.value.keys) shares.push(await openReleased(attempt, key))
    }
    expect(shares).toEqual([forShared, forAirs])
    const { keyCheck } = weather.document
    const isRight = (key: Uint8Array) =>
      constantTimeEqual(keyCheckValue(key, manifestCoreContext(weather.document)), fromBase64url(keyCheck))
    expect(await combineShares(shares, 2, isRight)).toEqual({ secret: weather.dataKey, wrong: [] })
    expect(await refusalOf(() => combineShares([forShared, randomBytes(33)], 2, isRight))).toBe('share-invalid')
  })

  test('releases nothing once its share was exchanged on disk for a share of another version', async () => {
    const second = await sealDataset(agreement, 'weather', (manifest) => ({ ...manifest, version: 2 }))
    await importShare(room.airs, randomBytes(33), second)
    const { db } = room.airs.vault.store
    const row = db.selectFrom('data_keys').selectAll().where('manifest_id', '=', second.manifestId)
    const { sealed } = await row.executeTakeFirstOrThrow()
    await db.updateTable('data_keys').set({ sealed }).where('manifest_id', '=', weather.manifestId).execute()
    expect(await outcomeOf(agreement, room.airs, await bundleOf({ ...agreement, datasets: [weather] }))).toBe('decryption-failed')
  })
})
