import { randomBytes as random } from 'node:crypto'
import { digestId } from '@reinraum/crypto'
import { refusalOf } from '@reinraum/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { prepareUpload, readObject } from '../testing/prepared.ts'
import { createRoom, type Room } from '../testing/room.ts'
import { startIngestion } from '../testing/service.ts'
import { partsOf, send } from '../testing/upload.ts'

let room: Room
beforeAll(async () => {
  room = await createRoom()
})

const ciphertext = random(3 * 2 ** 20 + 17)
const objectId = digestId(ciphertext)

async function committed() {
  const service = await startIngestion()
  const { owner, uploadId, commit } = await prepareUpload(service, room, ciphertext)
  await send(owner, uploadId, partsOf(ciphertext, 0, 2 ** 20))
  await commit()
  return service
}

describe('an object', () => {
  test('is read by range', async () => {
    const service = await committed()
    const { length } = ciphertext
    for (const [offset, size] of [
      [0, 1],
      [1, 2 ** 20],
      [2 ** 20 - 3, 2 ** 20 + 7],
      [length - 1, 1],
      [length - 5, 0],
      [0, length],
      [length, 0],
    ] as const) {
      const expected = ciphertext.subarray(offset, size === 0 ? length : offset + size)
      expect((await readObject(service, objectId, BigInt(offset), BigInt(size))).equals(expected)).toBe(true)
    }
  })

  test('gives no range that is not inside it', async () => {
    const service = await committed()
    const length = BigInt(ciphertext.length)
    const outside = [
      [length + 1n, 0n],
      [0n, length + 1n],
      [length, 1n],
      [1n, length],
      [2n ** 64n - 1n, 0n],
      [2n ** 63n, 2n ** 63n],
      [1n, 2n ** 64n - 1n],
    ] as const
    for (const [offset, size] of outside) {
      expect(await refusalOf(readObject(service, objectId, offset, size))).toBe('invalid-argument')
    }
  })

  test('is for executors only', async () => {
    const service = await committed()
    for (const id of ['governance', 'release', 'keys/air', 'ingestion', 'executor/other']) {
      expect(await refusalOf(service.service(id).statObject({ objectId }))).toBe('permission-denied')
      const answers = service.service(id).readObject({ objectId, offset: 0n, length: 0n })
      expect(await refusalOf(answers[Symbol.asyncIterator]().next())).toBe('permission-denied')
    }
  })

  test('is not read ahead of a reader who stops', async () => {
    const service = await committed()
    let read = 0
    const counting = {
      ...service.objects,
      async *read(...range: Parameters<typeof service.objects.read>) {
        for await (const chunk of service.objects.read(...range)) {
          read += chunk.length
          yield chunk
        }
      },
    }
    const slow = await startIngestion({ folder: service.folder, objects: counting })
    const answers = slow.service('executor').readObject({ objectId, offset: 0n, length: 0n })[Symbol.asyncIterator]()
    await answers.next()
    await answers.return?.()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(read).toBeLessThan(ciphertext.length)
  })
})
