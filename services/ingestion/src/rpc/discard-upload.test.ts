import { randomBytes as random } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { digestId } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { prepareUpload, readObject } from '../testing/prepared.ts'
import { createRoom, type Room } from '../testing/room.ts'
import { startIngestion } from '../testing/service.ts'
import { openStream, part, partsOf, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(1000)

describe('a discarded upload', () => {
  test('leaves nothing, ends the stream that fills it, and can begin again under its name', async () => {
    const service = await startIngestion()
    const { owner, uploadId, offset, commit } = await prepareUpload(service, room, ciphertext)
    const stream = openStream(owner, uploadId)
    stream.send(part(0, ciphertext.subarray(0, 10)))
    for (const durable of [0, 10]) expect(await stream.acknowledged()).toBe(durable)

    await owner.discardUpload({ uploadId })
    expect(await refusalOf(stream.acknowledged())).toBe('conflict')
    expect(await readdir(join(service.folder, 'objects', 'parts'))).toEqual([])
    expect(await refusalOf(send(owner, uploadId, []))).toBe('not-found')
    expect(await refusalOf(commit())).toBe('not-found')

    expect(await offset()).toBe(0)
    await send(owner, uploadId, partsOf(ciphertext))
    await commit()
  })

  test('is none that is committed: what others may read stays', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await commit()
    expect(await refusalOf(owner.discardUpload({ uploadId }))).toBe('conflict')
    expect((await readObject(service, digestId(ciphertext))).equals(ciphertext)).toBe(true)
  })
})
