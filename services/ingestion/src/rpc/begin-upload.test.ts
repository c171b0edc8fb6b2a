import { randomBytes as random } from 'node:crypto'
import { randomBytes } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { prepareUpload } from '../testing/prepared.ts'
import { createRoom, type Party, type Room } from '../testing/room.ts'
import { startIngestion } from '../testing/service.ts'
import { part, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(1000)
const hour = 3600_000

describe('an upload', () => {
  test('begins without a manifest, and the same name finds it again', async () => {
    const service = await startIngestion()
    const owner = service.party(room.identities.air)
    const request = { contract: (await room.contract()).bytes, slot: 'flights', name: randomBytes(16) }
    const { uploadId, offset } = await owner.beginUpload(request)
    expect(offset).toBe(0n)
    await send(owner, uploadId, [part(0, ciphertext)])
    expect(await owner.beginUpload(request)).toMatchObject({ uploadId, offset: 1000n })
    expect(await owner.beginUpload({ ...request, name: randomBytes(16) })).toMatchObject({ offset: 0n })
  })

  test('is another one for another owner who chooses the same name', async () => {
    const service = await startIngestion()
    const contract = await room.contract()
    const name = randomBytes(16)
    const [air, bird] = [service.party(room.identities.air), service.party(room.identities.bird)]
    const mine = await air.beginUpload({ contract: contract.bytes, slot: 'flights', name })
    const theirs = await bird.beginUpload({ contract: contract.bytes, slot: 'strikes', name })
    const elsewhere = await air.beginUpload({ contract: (await room.contract()).bytes, slot: 'flights', name })
    expect(new Set([mine.uploadId, theirs.uploadId, elsewhere.uploadId]).size).toBe(3)
  })
})

describe('an upload is refused', () => {
  test('to everyone but the owner of the slot', async () => {
    const service = await startIngestion()
    const { bytes: contract } = await room.contract()
    const request = { contract, slot: 'flights', name: randomBytes(16) }
    for (const name of ['bird', 'analyst', 'stranger'] satisfies Party[]) {
      expect(await refusalOf(service.party(room.identities[name]).beginUpload(request))).toBe('permission-denied')
    }
    const owner = service.party(room.identities.air)
    for (const slot of ['strikes', 'nothing'])
      expect(await refusalOf(owner.beginUpload({ ...request, slot }))).toBe('permission-denied')
    await owner.beginUpload(request)
  })

  test('once it exists, to everyone but its owner, who is not disturbed', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    for (const name of ['bird', 'stranger'] satisfies Party[]) {
      const other = service.party(room.identities[name])
      expect(await refusalOf(send(other, uploadId, [part(0, ciphertext)]))).toBe('not-found')
      expect(await refusalOf(commit(other))).toBe('not-found')
      expect(await refusalOf(other.discardUpload({ uploadId }))).toBe('not-found')
    }
    expect(await send(owner, uploadId, [part(0, ciphertext)])).toBe(1000)
  })

  test('under a contract that not everyone accepted, that is not in force, or that is none', async () => {
    const service = await startIngestion()
    const owner = service.party(room.identities.air)
    const at = (offset: number) => new Date(Date.now() + offset).toISOString()
    const cases = [
      ['contract-incomplete', await room.contract(undefined, ['air', 'bird'])],
      ['expired', await room.contract((c) => ({ ...c, validity: { notBefore: at(-2 * hour), notAfter: at(-hour) } }))],
      ['not-yet-valid', await room.contract((c) => ({ ...c, validity: { notBefore: at(hour), notAfter: at(2 * hour) } }))],
      ['invalid-statement', { bytes: random(100) }],
    ] as const
    for (const [code, contract] of cases) {
      const request = { contract: contract.bytes, slot: 'flights', name: randomBytes(16) }
      expect([code, await refusalOf(owner.beginUpload(request))]).toEqual([code, code])
    }
  })

  test('under a name that can be guessed for its shortness', async () => {
    const service = await startIngestion()
    const request = { contract: (await room.contract()).bytes, slot: 'flights', name: randomBytes(15) }
    expect(await refusalOf(service.party(room.identities.air).beginUpload(request))).toBe('invalid-argument')
  })

  test('when an owner or the service has as many open as it may', async () => {
    for (const limits of [{ openUploadsPerContract: 2 }, { openUploadsPerOwner: 2 }, { openUploads: 2 }]) {
      const service = await startIngestion({ limits })
      const first = await prepareUpload(service, room, ciphertext)
      const contract = first.contract.bytes
      const another = () => first.owner.beginUpload({ contract, slot: 'flights', name: randomBytes(16) })
      const second = await another()
      expect(await refusalOf(another())).toBe('resource-exhausted')
      // One that is open already is found again, and one that is finished or discarded no longer counts.
      expect(await first.offset()).toBe(0)
      await send(first.owner, first.uploadId, [part(0, ciphertext)])
      await first.commit()
      await another()
      expect(await refusalOf(another())).toBe('resource-exhausted')
      await first.owner.discardUpload({ uploadId: second.uploadId })
      await another()
    }
  })

  test('to one member only, when that member began as many as it may', async () => {
    const service = await startIngestion({ limits: { openUploadsPerContract: 2 } })
    const { bytes: contract } = await room.contract()
    const begin = (party: Party, slot: string) =>
      service.party(room.identities[party]).beginUpload({ contract, slot, name: randomBytes(16) })
    for (let i = 0; i < 2; i++) await begin('air', 'flights')
    expect(await refusalOf(begin('air', 'flights'))).toBe('resource-exhausted')
    await begin('bird', 'strikes')
  })
})
