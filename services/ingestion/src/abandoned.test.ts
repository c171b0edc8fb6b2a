import { randomBytes as random } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { digestId } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { dropAbandoned } from './abandoned.ts'
import { prepareUpload, readObject } from './testing/prepared.ts'
import { createRoom, type Room } from './testing/room.ts'
import { type RunningIngestion, startIngestion } from './testing/service.ts'
import { part, partsOf, send } from './testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(1000)
const day = 24 * 3600_000

function partFiles(service: RunningIngestion): Promise<string[]> {
  return readdir(join(service.folder, 'objects', 'parts'))
}

describe('an open upload', () => {
  test('that nobody came back for is dropped with its bytes; one that somebody works on stays', async () => {
    let now = new Date()
    const service = await startIngestion({ now: () => now, limits: { abandonedAfterMs: 60_000 } })
    const old = await prepareUpload(service, room, ciphertext)
    await send(old.owner, old.uploadId, [part(0, ciphertext.subarray(0, 10))])
    now = new Date(Date.now() + 61_000)
    const fresh = await prepareUpload(service, room, ciphertext)
    await send(fresh.owner, fresh.uploadId, [part(0, ciphertext.subarray(0, 10))])

    await dropAbandoned(service)
    expect(await partFiles(service)).toEqual([fresh.uploadId.slice(7)])
    expect(await refusalOf(send(old.owner, old.uploadId, []))).toBe('not-found')
    expect(await send(fresh.owner, fresh.uploadId, partsOf(ciphertext, 10))).toBe(1000)
  })

  test('is dropped when its contract ended; what was committed stays', async () => {
    let now = new Date()
    const service = await startIngestion({ now: () => now })
    const open = await prepareUpload(service, room, ciphertext)
    await send(open.owner, open.uploadId, [part(0, ciphertext.subarray(0, 10))])
    const done = await prepareUpload(service, room, ciphertext)
    await send(done.owner, done.uploadId, partsOf(ciphertext))
    await done.commit()

    now = new Date(Date.now() + day)
    await dropAbandoned(service)
    expect(await partFiles(service)).toEqual([])
    expect((await readObject(service, digestId(ciphertext))).equals(ciphertext)).toBe(true)
  })
})
