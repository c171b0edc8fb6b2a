import { randomBytes as random } from 'node:crypto'
import { join } from 'node:path'
import { digestId, ReinraumError } from '@reinraum/crypto'
import { openObjectFolder } from '@reinraum/kit'
import { refusalOf } from '@reinraum/testing'
import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { prepareUpload, readObject } from '../testing/prepared.ts'
import { createRoom, type Room } from '../testing/room.ts'
import { type RunningIngestion, startIngestion, temporaryFolder } from '../testing/service.ts'
import { openStream, part, partsOf, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(300_000)

describe('an upload', () => {
  test('becomes readable once it equals its manifest, and says so to the bus', async () => {
    const service = await startIngestion()
    const { owner, uploadId, contract, commit } = await prepareUpload(service, room, ciphertext)
    const objectId = digestId(ciphertext)

    expect(await refusalOf(service.service('executor').statObject({ objectId }))).toBe('not-found')
    expect(await send(owner, uploadId, partsOf(ciphertext))).toBe(ciphertext.length)
    expect(await refusalOf(service.service('executor').statObject({ objectId }))).toBe('not-found')
    expect(await commit()).toMatchObject({ objectId })

    expect(await service.service('executor').statObject({ objectId })).toMatchObject({ length: 300_000n })
    expect((await readObject(service, objectId)).equals(ciphertext)).toBe(true)
    const events = await sql<{ subject: string }>`select subject from outbox`.execute(service.store.db)
    expect(events.rows).toEqual([{ subject: `reinraum.v1.${contract.id.slice(7)}.object.committed` }])
  })

  test('is begun and committed as often as the owner asks, with one effect', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit, offset } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await Promise.all([commit(), commit()]).catch(() => undefined)
    await commit()
    expect(await offset()).toBe(300_000)
    const { rows } = await sql`select id from outbox`.execute(service.store.db)
    expect(rows).toHaveLength(1)
  })

  test('acknowledges a part although the sender waits for that before it sends the next', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    const stream = openStream(owner, uploadId)
    expect(await stream.acknowledged()).toBe(0)
    stream.send(part(0, ciphertext.subarray(0, 1000)))
    expect(await stream.acknowledged()).toBe(1000)
    stream.send(part(1000, ciphertext.subarray(1000, 3000)))
    expect(await stream.acknowledged()).toBe(3000)
    stream.drop()
  })

  test('continues where a lost connection left it', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit, offset } = await prepareUpload(service, room, ciphertext)
    const stream = openStream(owner, uploadId)
    stream.send(part(0, ciphertext.subarray(0, 100_000)))
    await stream.acknowledged()
    await stream.acknowledged()
    stream.drop()

    expect(await offset()).toBe(100_000)
    await send(owner, uploadId, partsOf(ciphertext, 100_000))
    await commit()
    expect((await readObject(service, digestId(ciphertext))).equals(ciphertext)).toBe(true)
  })

  test('continues after the service was restarted, without the bytes that were not durable', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, [part(0, ciphertext.subarray(0, 50_000))])
    // As after a power loss: written, never synced, and not what was sent.
    await service.objects.append(uploadId, 50_000, random(7000))
    await service.stop()

    const restarted = await startIngestion({ folder: service.folder })
    const sameOwner = restarted.party(room.identities.air)
    expect(await send(sameOwner, uploadId, partsOf(ciphertext, 50_000))).toBe(300_000)
    await commit(sameOwner)
    expect((await readObject(restarted, digestId(ciphertext))).equals(ciphertext)).toBe(true)
  })

  test('does not count bytes whose fsync failed, although the next fsync succeeds', async () => {
    const folder = await temporaryFolder()
    const objects = await openObjectFolder(join(folder, 'objects'))
    let failures = 1
    const sync = async (partId: string) => {
      if (failures-- > 0) throw new ReinraumError('storage-full', 'the disk is full')
      await objects.sync(partId)
    }
    const service = await startIngestion({ folder, objects: { ...objects, sync } })
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    expect(await refusalOf(send(owner, uploadId, partsOf(ciphertext)))).toBe('storage-full')
    expect(await send(owner, uploadId, [])).toBe(0)
    expect(await send(owner, uploadId, partsOf(ciphertext))).toBe(300_000)
    await commit()
  })

  test('begins again when its file is gone', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await service.objects.discard(uploadId)
    expect(await send(owner, uploadId, [])).toBe(0)
    expect(await send(owner, uploadId, partsOf(ciphertext))).toBe(300_000)
    await commit()
  })
})

describe('a part is refused', () => {
  test.each([
    ['that does not match its checksum', [part(0, ciphertext.subarray(0, 100), 7)], 'checksum-mismatch'],
    ['that leaves a gap', [part(100, ciphertext.subarray(100, 200))], 'offset-mismatch'],
    ['that repeats bytes', [part(0, ciphertext.subarray(0, 100)), part(0, ciphertext.subarray(0, 100))], 'offset-mismatch'],
    ['whose offset is no number of ours', [partAt(2n ** 64n - 1n)], 'offset-mismatch'],
    ['that goes beyond what an upload may have', [...partsOf(ciphertext), part(300_000, random(1))], 'resource-exhausted'],
    ['that is larger than a part may be', [part(0, random(2 * 2 ** 20 + 1))], 'invalid-argument'],
    ['that is empty', [part(0, new Uint8Array())], 'invalid-argument'],
  ])('%s', async (_, messages, code) => {
    const service = await startIngestion({ limits: { bytesPerUpload: 300_000 } })
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    expect(await refusalOf(send(owner, uploadId, messages))).toBe(code)
  })

  test('and the ones before it are kept', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    const messages = [part(0, ciphertext.subarray(0, 1000)), part(1000, ciphertext.subarray(1000, 2000), 7)]
    expect(await refusalOf(send(owner, uploadId, messages))).toBe('checksum-mismatch')
    expect(await send(owner, uploadId, partsOf(ciphertext, 1000))).toBe(300_000)
    await commit()
  })

  test('once the commit has begun', async () => {
    const service = await startIngestion()
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    await send(owner, uploadId, partsOf(ciphertext))
    await commit()
    expect(await refusalOf(send(owner, uploadId, [part(300_000, random(1))]))).toBe('conflict')
    expect((await readObject(service, digestId(ciphertext))).equals(ciphertext)).toBe(true)
  })

  test('when no upload is named, or a second one', async () => {
    const service = await startIngestion()
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    async function* nameless() {
      yield part(0, ciphertext.subarray(0, 10))
    }
    expect(await refusalOf(owner.uploadParts(nameless())[Symbol.asyncIterator]().next())).toBe('invalid-argument')
    const stream = openStream(owner, uploadId)
    await stream.acknowledged()
    stream.send({ message: { case: 'uploadId', value: uploadId } })
    expect(await refusalOf(stream.acknowledged())).toBe('invalid-argument')
  })
})

describe('two streams of one upload', () => {
  test('the later one goes on, the earlier one ends, and what that had sent is kept', async () => {
    const service = await startIngestion({ limits: { lingerMs: 60_000 } })
    const { owner, uploadId } = await prepareUpload(service, room, ciphertext)
    const first = openStream(owner, uploadId)
    await first.acknowledged()
    first.send(part(0, ciphertext.subarray(0, 40_000)))
    await written(service, uploadId, 40_000)

    const second = openStream(owner, uploadId)
    expect(await second.acknowledged()).toBe(40_000)
    expect(await refusalOf(first.acknowledged())).toBe('conflict')
    second.drop()
  })

  test('never mix their bytes', async () => {
    const service = await startIngestion({ limits: { lingerMs: 1 } })
    const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
    for (let round = 0; round < 50; round++) {
      const from = await send(owner, uploadId, [])
      if (from === ciphertext.length) break
      await Promise.allSettled([1000, 7000, 13_000].map((size) => send(owner, uploadId, partsOf(ciphertext, from, size))))
    }
    await commit()
    expect((await readObject(service, digestId(ciphertext))).equals(ciphertext)).toBe(true)
  })
})

function partAt(offset: bigint) {
  const { message } = part(0, ciphertext.subarray(0, 1))
  return { message: { ...message, value: { ...message.value, offset } } }
}

async function written(service: RunningIngestion, uploadId: string, length: number): Promise<void> {
  while ((await service.objects.partLength(uploadId)) < length) await new Promise((resolve) => setTimeout(resolve, 5))
}
