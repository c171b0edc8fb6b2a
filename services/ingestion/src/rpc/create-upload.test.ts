import { randomBytes as random } from 'node:crypto'
import { randomBytes, toBase64url } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRoom, type Party, type Room } from '../testing/room.ts'
import { startIngestion } from '../testing/service.ts'
import { part, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(1000)
const hour = 3600_000

describe('an upload is refused', () => {
  test('to everyone but the owner of the slot', async () => {
    const service = await startIngestion()
    const contract = await room.contract()
    const manifest = await room.manifest(contract, ciphertext)
    const request = { contract: contract.bytes, manifest: manifest.bytes }
    for (const name of ['bird', 'analyst', 'stranger'] satisfies Party[]) {
      expect(await refusalOf(service.party(room.identities[name]).createUpload(request))).toBe('permission-denied')
    }
    await service.party(room.identities.air).createUpload(request)
  })

  test('once it exists, to everyone but its owner, who is not disturbed', async () => {
    const service = await startIngestion()
    const contract = await room.contract()
    const manifest = await room.manifest(contract, ciphertext)
    const uploadId = manifest.id
    await service.party(room.identities.air).createUpload({ contract: contract.bytes, manifest: manifest.bytes })
    for (const name of ['bird', 'stranger'] satisfies Party[]) {
      const other = service.party(room.identities[name])
      expect(await refusalOf(send(other, uploadId, [part(0, ciphertext)]))).toBe('not-found')
      expect(await refusalOf(other.commitUpload({ uploadId }))).toBe('not-found')
    }
    expect(await send(service.party(room.identities.air), uploadId, [part(0, ciphertext)])).toBe(1000)
  })

  test('under a contract that not everyone accepted, or that is not in force', async () => {
    const service = await startIngestion()
    const owner = service.party(room.identities.air)
    const at = (offset: number) => new Date(Date.now() + offset).toISOString()
    const cases = [
      ['contract-incomplete', await room.contract(undefined, ['air', 'bird'])],
      ['expired', await room.contract((c) => ({ ...c, validity: { notBefore: at(-2 * hour), notAfter: at(-hour) } }))],
      ['not-yet-valid', await room.contract((c) => ({ ...c, validity: { notBefore: at(hour), notAfter: at(2 * hour) } }))],
    ] as const
    for (const [code, contract] of cases) {
      const manifest = await room.manifest(contract, ciphertext)
      expect(await refusalOf(owner.createUpload({ contract: contract.bytes, manifest: manifest.bytes }))).toBe(code)
    }
  })

  test('for a manifest that is not the owner’s word about this contract', async () => {
    const service = await startIngestion()
    const owner = service.party(room.identities.air)
    const contract = await room.contract()
    const elsewhere = await room.contract((c) => ({ ...c, name: 'Another', nonce: toBase64url(randomBytes(32)) }))
    const cases = [
      ['unknown-member', await room.manifest(contract, ciphertext, undefined, 'stranger')],
      ['role-missing', await room.manifest(contract, ciphertext, (m) => ({ ...m, slot: 'strikes' }))],
      ['contract-mismatch', await room.manifest(elsewhere, ciphertext)],
      [
        'schema-mismatch',
        await room.manifest(contract, ciphertext, (m) => ({ ...m, schema: { columns: [{ name: 'x', type: 'BIGINT' }] } })),
      ],
    ] as const
    for (const [code, manifest] of cases) {
      expect([code, await refusalOf(owner.createUpload({ contract: contract.bytes, manifest: manifest.bytes }))]).toEqual([
        code,
        code,
      ])
    }
    const garbage = [random(100), new TextEncoder().encode('[]')]
    for (const bytes of garbage) {
      expect(await refusalOf(owner.createUpload({ contract: contract.bytes, manifest: bytes }))).toBe('invalid-statement')
      expect(await refusalOf(owner.createUpload({ contract: bytes, manifest: bytes }))).toBe('invalid-statement')
    }
  })

  test('when a contract, an owner or the service has as many open as it may', async () => {
    for (const limits of [{ openUploadsPerContract: 2 }, { openUploadsPerOwner: 2 }, { openUploads: 2 }]) {
      const service = await startIngestion({ limits })
      const owner = service.party(room.identities.air)
      const contract = await room.contract()
      const request = async (version: number) => {
        const manifest = await room.manifest(contract, ciphertext, (m) => ({ ...m, version }))
        return { contract: contract.bytes, manifest: manifest.bytes }
      }
      const first = await request(1)
      const { uploadId } = await owner.createUpload(first)
      await owner.createUpload(await request(2))
      const third = await request(3)
      expect(await refusalOf(owner.createUpload(third))).toBe('resource-exhausted')
      // One that is open already is found again, and one that is finished no longer counts.
      await owner.createUpload(first)
      await send(owner, uploadId, [part(0, ciphertext)])
      await owner.commitUpload({ uploadId })
      await owner.createUpload(third)
    }
  })
})
