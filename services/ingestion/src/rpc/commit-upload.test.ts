import { randomBytes as random } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestId, randomBytes, toBase64url } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { resumeCommits } from '../resume-commits.ts'
import { prepareUpload, readObject } from '../testing/prepared.ts'
import { createRoom, type Room } from '../testing/room.ts'
import { type RunningIngestion, startIngestion } from '../testing/service.ts'
import { part, partsOf, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(200_000)
const objectId = digestId(ciphertext)

describe('a commit', () => {
  test('is refused while bytes are missing, and the upload goes on', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext.subarray(0, 199_999)))
    expect(await refusalOf(commit())).toBe('offset-mismatch')
    await send(owner, uploadId, partsOf(ciphertext, 199_999))
    await commit()
  })

  test('is refused for one flipped bit; nothing becomes readable, and the right bytes can be sent afterwards', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    const flipped = Buffer.from(ciphertext)
    flipped.writeUInt8(flipped.readUInt8(123_456) ^ 1, 123_456)
    await send(owner, uploadId, partsOf(flipped))
    expect(await refusalOf(commit())).toBe('ciphertext-mismatch')
    expect(await readdir(join(service.folder, 'objects', 'objects'))).toEqual([])
    for (const id of [objectId, digestId(flipped)]) expect(await refusalOf(readObject(service, id))).toBe('not-found')

    expect(await send(owner, uploadId, [])).toBe(0)
    await send(owner, uploadId, partsOf(ciphertext))
    await commit()
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
  })

  test('is refused for one byte more than the manifest says; nothing of it is kept', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit, offset } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, [...partsOf(ciphertext), part(200_000, random(1))])
    expect(await refusalOf(commit())).toBe('ciphertext-mismatch')
    expect(await offset()).toBe(0)
    await send(owner, uploadId, partsOf(ciphertext))
    await commit()
  })

  test.each([
    [200_001, 'offset-mismatch'],
    [199_999, 'ciphertext-mismatch'],
  ])('is refused with a manifest that names these bytes and a length of %i', async (length, code) => {
    const service = await startIngestion()
    const { owner, uploadId, contract } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    const manifest = await room.manifest(contract, ciphertext, (m) => ({ ...m, length }))
    const request = { uploadId, contract: contract.bytes, manifest: manifest.bytes }
    expect(await refusalOf(owner.commitUpload(request))).toBe(code)
    expect(await refusalOf(readObject(service, objectId))).toBe('not-found')
  })

  test('is refused with what is not the owner’s word about the slot that the upload began for', async () => {
    const service = await startIngestion()
    const { owner, uploadId, contract, manifest, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    const elsewhere = await room.contract((c) => ({ ...c, name: 'Another', nonce: toBase64url(randomBytes(32)) }))
    const bothAirs = await room.contract((c) => ({ ...c, slots: c.slots.map((slot) => ({ ...slot, owner: 'air' })) }))
    const inBoth = await owner.beginUpload({ contract: bothAirs.bytes, slot: 'flights', name: randomBytes(16) })
    await send(owner, inBoth.uploadId, partsOf(ciphertext))
    const cases = [
      ['contract-mismatch', uploadId, elsewhere, await room.manifest(elsewhere, ciphertext)],
      ['contract-mismatch', uploadId, contract, await room.manifest(elsewhere, ciphertext)],
      ['unknown-member', uploadId, contract, await room.manifest(contract, ciphertext, undefined, 'stranger')],
      ['role-missing', uploadId, contract, await room.manifest(contract, ciphertext, (m) => ({ ...m, slot: 'strikes' }))],
      ['conflict', inBoth.uploadId, bothAirs, await room.manifest(bothAirs, ciphertext, (m) => ({ ...m, slot: 'strikes' }))],
      [
        'schema-mismatch',
        uploadId,
        contract,
        await room.manifest(contract, ciphertext, (m) => ({ ...m, schema: { columns: [{ name: 'x', type: 'BIGINT' }] } })),
      ],
      ['invalid-statement', uploadId, contract, { bytes: random(100) }],
      ['invalid-statement', uploadId, { bytes: random(100) }, manifest],
    ] as const
    for (const [code, id, under, named] of cases) {
      const request = { uploadId: id, contract: under.bytes, manifest: named.bytes }
      expect([code, await refusalOf(owner.commitUpload(request))]).toEqual([code, code])
    }
    expect(await refusalOf(readObject(service, objectId))).toBe('not-found')
    await commit()
  })

  test('is refused with a second manifest, whatever that says', async () => {
    const service = await startIngestion()
    const { owner, uploadId, contract, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await commit()
    const second = await room.manifest(contract, ciphertext, (m) => ({ ...m, version: 2 }))
    const again = owner.commitUpload({ uploadId, contract: contract.bytes, manifest: second.bytes })
    expect(await refusalOf(again)).toBe('conflict')
  })

  test('is refused when two datasets were exchanged', async () => {
    const service = await startIngestion()
    const other = random(200_000)
    const mine = await prepareUpload(service, room, ciphertext)
    const theirs = await prepareUpload(service, room, other)
    await send(mine.owner, mine.uploadId, partsOf(other))
    await send(theirs.owner, theirs.uploadId, partsOf(ciphertext))
    expect(await refusalOf(mine.commit())).toBe('ciphertext-mismatch')
    expect(await refusalOf(theirs.commit())).toBe('ciphertext-mismatch')
  })

  test('is refused when other bytes were put in the place of acknowledged ones', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await service.objects.truncate(uploadId, 100_000)
    await service.objects.append(uploadId, 100_000, random(100_000))
    expect(await refusalOf(commit())).toBe('ciphertext-mismatch')
  })

  test('is refused when acknowledged bytes are others on disk after a restart', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await service.stop()
    const parts = join(service.folder, 'objects', 'parts')
    const [name = ''] = await readdir(parts)
    await writeFile(join(parts, name), random(ciphertext.length))
    const restarted = await startIngestion({ folder: service.folder })
    expect(await refusalOf(commit(restarted.party(room.identities.air)))).toBe('ciphertext-mismatch')
  })

  test('that a crash cut off after the file was moved is ended at the next start, once', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit, manifest } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await moveOnly(service, uploadId, manifest.id)
    expect(await refusalOf(readObject(service, objectId))).toBe('not-found')
    await service.stop()

    const restarted = await startIngestion({ folder: service.folder })
    await resumeCommits(restarted)
    await resumeCommits(restarted)
    expect((await readObject(restarted, objectId)).equals(ciphertext)).toBe(true)
    await commit(restarted.party(room.identities.air))
    const { rows } = await sql`select id from outbox`.execute(restarted.store.db)
    expect(rows).toHaveLength(1)
  })

  test('that a crash cut off is also ended by the owner who asks again', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit, manifest } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await moveOnly(service, uploadId, manifest.id)
    expect(await commit()).toMatchObject({ objectId })
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
  })

  test('does not end at the next start what was never moved', async () => {
    const service = await startIngestion()
    const { owner, uploadId, manifest } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await askedFor(service, uploadId, manifest.id)
    await resumeCommits(service)
    expect(await refusalOf(readObject(service, objectId))).toBe('not-found')
    await service.objects.discard(uploadId)
    await resumeCommits(service)
    expect(await send(owner, uploadId, [])).toBe(0)
  })

  test('is refused once the contract has ended', async () => {
    let now = new Date()
    const service = await startIngestion({ now: () => now })
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    now = new Date(Date.now() + 2 * 3600_000)
    expect(await refusalOf(commit())).toBe('expired')
    expect(await refusalOf(send(owner, uploadId, []))).toBe('expired')
  })
})

/** What a crash leaves that comes after the file was moved. */
async function moveOnly(service: RunningIngestion, uploadId: string, manifestId: string): Promise<void> {
  await askedFor(service, uploadId, manifestId)
  await service.objects.commit(uploadId, objectId, ciphertext.length)
}

/** What a crash leaves that comes before it. */
async function askedFor({ store }: RunningIngestion, uploadId: string, manifestId: string): Promise<void> {
  const named = { manifest_id: manifestId, object_id: objectId }
  await store.db.updateTable('uploads').set(named).where('id', '=', uploadId).execute()
}
