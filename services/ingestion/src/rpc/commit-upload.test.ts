import { randomBytes as random } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { digestId } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { resumeCommits } from '../resume-commits.ts'
import { prepareUpload, readObject } from '../testing/prepared.ts'
import { createRoom, type Room } from '../testing/room.ts'
import { startIngestion } from '../testing/service.ts'
import { partsOf, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(200_000)
const objectId = digestId(ciphertext)

describe('a commit', () => {
  test('is refused while bytes are missing, and the upload goes on', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext.subarray(0, 199_999)))
    expect(await refusalOf(owner.commitUpload({ uploadId }))).toBe('offset-mismatch')
    await send(owner, uploadId, partsOf(ciphertext, 199_999))
    await owner.commitUpload({ uploadId })
  })

  test('is refused for one flipped bit; nothing becomes readable, and the right bytes can be sent afterwards', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    const flipped = Buffer.from(ciphertext)
    flipped.writeUInt8(flipped.readUInt8(123_456) ^ 1, 123_456)
    await send(owner, uploadId, partsOf(flipped))
    expect(await refusalOf(owner.commitUpload({ uploadId }))).toBe('ciphertext-mismatch')
    expect(await readdir(join(service.folder, 'objects', 'objects'))).toEqual([])
    for (const id of [objectId, digestId(flipped)]) expect(await refusalOf(readObject(service, id))).toBe('not-found')

    expect(await send(owner, uploadId, [])).toBe(0)
    await send(owner, uploadId, partsOf(ciphertext))
    await owner.commitUpload({ uploadId })
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
  })

  test('is refused when two datasets were exchanged', async () => {
    const service = await startIngestion()
    const other = random(200_000)
    const mine = await prepareUpload(service, room, ciphertext)
    const theirs = await prepareUpload(service, room, other)
    await send(mine.owner, mine.uploadId, partsOf(other))
    await send(theirs.owner, theirs.uploadId, partsOf(ciphertext))
    expect(await refusalOf(mine.owner.commitUpload({ uploadId: mine.uploadId }))).toBe('ciphertext-mismatch')
    expect(await refusalOf(theirs.owner.commitUpload({ uploadId: theirs.uploadId }))).toBe('ciphertext-mismatch')
  })

  test('is refused when the stored bytes were changed after they were acknowledged', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await service.objects.truncate(uploadId, 100_000)
    await service.objects.append(uploadId, 100_000, random(100_000))
    expect(await refusalOf(owner.commitUpload({ uploadId }))).toBe('ciphertext-mismatch')
  })

  test('that a crash cut off after the file was moved is ended at the next start, once', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await service.objects.commit(uploadId, objectId, ciphertext.length)
    expect(await refusalOf(readObject(service, objectId))).toBe('not-found')
    await service.stop()

    const restarted = await startIngestion({ folder: service.folder })
    await resumeCommits(restarted)
    await resumeCommits(restarted)
    expect((await readObject(restarted, objectId)).equals(ciphertext)).toBe(true)
    await restarted.party(room.identities.air).commitUpload({ uploadId })
    const { rows } = await sql`select id from outbox`.execute(restarted.store.db)
    expect(rows).toHaveLength(1)
  })

  test('that a crash cut off is also ended by the owner who asks again', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await service.objects.commit(uploadId, objectId, ciphertext.length)
    expect(await owner.commitUpload({ uploadId })).toMatchObject({ objectId })
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
  })

  test('does not end at the next start what was never moved', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await resumeCommits(service)
    expect(await refusalOf(readObject(service, objectId))).toBe('not-found')
    await service.objects.discard(uploadId)
    await resumeCommits(service)
    expect(await send(owner, uploadId, [])).toBe(0)
  })

  test('is refused once the contract has ended', async () => {
    let now = new Date()
    const service = await startIngestion({ now: () => now })
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    now = new Date(Date.now() + 2 * 3600_000)
    expect(await refusalOf(owner.commitUpload({ uploadId }))).toBe('expired')
    expect(await refusalOf(send(owner, uploadId, []))).toBe('expired')
  })
})
