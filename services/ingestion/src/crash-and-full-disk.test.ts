import { randomBytes as random } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { digestId } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { prepareUpload, readObject } from './testing/prepared.ts'
import { spawnIngestion } from './testing/process.ts'
import { createRoom, type Room } from './testing/room.ts'
import { temporaryFolder } from './testing/service.ts'
import { openStream, partsOf, send } from './testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

// Starting a process takes its time on a busy machine.
vi.setConfig({ testTimeout: 180_000 })

const MiB = 2 ** 20
const ciphertext = random(8 * MiB)
const objectId = digestId(ciphertext)

describe('on a full disk', () => {
  test('an upload stops with a code, shows nothing half, and goes on when there is space again', async () => {
    const folder = await temporaryFolder()
    const full = await spawnIngestion(folder, { maxFileBytes: 4 * MiB })
    const { owner, uploadId, commit, offset } = await prepareUpload(full, room, ciphertext)
    expect(await refusalOf(send(owner, uploadId, partsOf(ciphertext, 0, MiB / 2)))).toBe('storage-full')
    expect(await refusalOf(commit())).toBe('offset-mismatch')
    expect(await refusalOf(full.service('executor').statObject({ objectId }))).toBe('not-found')
    expect(await readdir(join(folder, 'objects', 'objects'))).toEqual([])

    // The service itself has not ended: what fits is still taken.
    const small = await prepareUpload(full, room, ciphertext.subarray(0, 1000))
    await send(small.owner, small.uploadId, partsOf(ciphertext.subarray(0, 1000)))
    await small.commit()
    await full.kill()

    const roomy = await spawnIngestion(folder)
    const again = roomy.party(room.identities.air)
    expect(await offset(again)).toBe(4 * MiB)
    await send(again, uploadId, partsOf(ciphertext, 4 * MiB, MiB))
    await commit(again)
    expect((await readObject(roomy, objectId)).equals(ciphertext)).toBe(true)
  })
})

describe('killed with -9', () => {
  test('in the middle of an upload, the service has every byte that it acknowledged', async () => {
    const folder = await temporaryFolder()
    let service = await spawnIngestion(folder)
    const { uploadId, commit, offset } = await prepareUpload(service, room, ciphertext)
    let acknowledged = 0
    while (acknowledged < ciphertext.length) {
      const stream = openStream(service.party(room.identities.air), uploadId)
      expect(await stream.acknowledged()).toBe(acknowledged)
      for (const message of partsOf(ciphertext, acknowledged, MiB / 4)) stream.send(message)
      const resumedAt = acknowledged
      while (acknowledged < ciphertext.length) {
        const durable = await stream.acknowledged()
        acknowledged = durable
        if (durable >= resumedAt + 3 * MiB) break
      }
      await service.kill()
      service = await spawnIngestion(folder)
      const continued = await offset(service.party(room.identities.air))
      expect(continued).toBeGreaterThanOrEqual(acknowledged)
      acknowledged = continued
    }
    await commit(service.party(room.identities.air))
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
  })

  test('in the middle of a commit, it ends it or lets it be asked for again, and never shows half of an object', async () => {
    const folder = await temporaryFolder()
    let service = await spawnIngestion(folder)
    const { uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(service.party(room.identities.air), uploadId, partsOf(ciphertext, 0, MiB))
    for (const delay of [2, 15]) {
      const asked = commit(service.party(room.identities.air))
      asked.catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, delay))
      await service.kill()
      service = await spawnIngestion(folder)
      const readable = await service
        .service('executor')
        .statObject({ objectId })
        .catch(() => undefined)
      if (readable === undefined) continue
      expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
    }
    await commit(service.party(room.identities.air))
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
    expect((await stat(join(folder, 'objects', 'objects', objectId.slice(7)))).size).toBe(ciphertext.length)
    expect(await readdir(join(folder, 'objects', 'parts'))).toEqual([])
  })
})
