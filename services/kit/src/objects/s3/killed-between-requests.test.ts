import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate, pass } from '../../testing/s3-gate.ts'
import { hasS3Server } from '../../testing/s3-server.ts'
import { startTestS3, type TestS3 } from '../../testing/test-s3.ts'
import type { ObjectStore } from '../object-store.ts'
import type { S3Config } from '../objects-config.ts'
import { openBucket } from './bucket.ts'
import { openObjectBucket } from './object-s3.ts'

const unit = 20_000
const pieces = { smallest: 5 * unit, usual: 8 * unit }
const part = `sha256:${'1'.repeat(64)}`
const content = randomBytes(13 * unit)
const objectId = `sha256:${createHash('sha256').update(content).digest('hex')}`

let s3: TestS3
beforeAll(async () => {
  if (hasS3Server) s3 = await startTestS3(pieces.smallest)
})
afterAll(() => s3?.stop())

/**
 * Kills the process after each of its requests in turn: the request arrives, its answer does not, and no other one leaves. That
 * is also the state before the next request. Ends with the first run that came through.
 */
async function killedEverywhere(
  prepare: (store: ObjectStore) => Promise<void>,
  work: (store: ObjectStore) => Promise<void>,
  check: (config: S3Config, killedAfter: number) => Promise<void>,
): Promise<number> {
  for (let killedAfter = 1; ; killedAfter++) {
    const { promise: killed, resolve: kill } = Promise.withResolvers<'killed'>()
    let counted = Number.POSITIVE_INFINITY
    const config = await openGate(s3, async ({ number }, response, real) => {
      counted = Math.min(counted, number)
      if (!working) return pass(response, await real())
      first ||= number
      if (number - first + 1 < killedAfter) return pass(response, await real())
      if (number - first + 1 === killedAfter) await real()
      response.destroy()
      kill('killed')
    })
    let working = false
    let first = 0
    const store = await openObjectBucket(config, { pieces, patienceMs: 5000 })
    await prepare(store)
    working = true
    const ended = await Promise.race([work(store).then(() => 'came through' as const), killed]).catch(() => killed)
    if (ended === 'came through') return killedAfter - 1
    await check({ ...s3.config(), prefix: config.prefix ?? '' }, killedAfter)
  }
}

async function left(config: S3Config): Promise<readonly string[]> {
  const bucket = await openBucket(config, undefined, 10_000)
  const names = [...(await bucket.list('')), ...(await bucket.listUploads('')).map(({ key }) => `unfinished ${key}`)]
  bucket.close()
  return names.map((name) => name.replace(/[0-9a-f]{32,64}/g, '*')).sort()
}

async function read(store: ObjectStore): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.read(objectId)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe.skipIf(!hasS3Server)('killed after any request', () => {
  test('an upload has what was acknowledged, goes on from it, and leaves nothing beside its object', async () => {
    let acknowledged = 0
    const requests = await killedEverywhere(
      async () => {
        acknowledged = 0
      },
      async (store) => {
        acknowledged = await store.append(part, 0, content.subarray(0, 6 * unit))
        await store.append(part, 6 * unit, content.subarray(6 * unit, 12 * unit), { sync: false })
        await store.sync(part)
        acknowledged = 12 * unit
        acknowledged = await store.append(part, 12 * unit, content.subarray(12 * unit))
        await store.commit(part, objectId, content.length)
      },
      async (config) => {
        const store = await openObjectBucket(config, { pieces })
        if ((await store.stat(objectId)) === undefined) {
          expect(await store.partLength(part)).toBeGreaterThanOrEqual(acknowledged)
          await store.truncate(part, acknowledged)
          await store.append(part, acknowledged, content.subarray(acknowledged))
          await store.commit(part, objectId, content.length)
        }
        // What is the object's is not the part's any more.
        await store.discard(part)
        expect((await read(store)).equals(content)).toBe(true)
        expect(new Set(await left(config))).toEqual(new Set(['data/*/*', 'objects/*']))
      },
    )
    expect(requests).toBeGreaterThan(12)
  })

  test('a part that is being dropped is whole or gone, and dropping it again removes the rest', async () => {
    const requests = await killedEverywhere(
      async (store) => void (await store.append(part, 0, content.subarray(0, 6 * unit))),
      (store) => store.discard(part),
      async (config, killedAfter) => {
        const store = await openObjectBucket(config, { pieces })
        if (killedAfter % 2 === 0) expect(await store.partLength(part)).toBe(0)
        else await store.discard(part)
        expect(await left(config)).toEqual([])
      },
    )
    expect(requests).toBeGreaterThan(3)
  })

  test('an object that is being removed is whole or gone, and can be uploaded again', async () => {
    const requests = await killedEverywhere(
      async (store) => {
        await store.append(part, 0, content)
        await store.commit(part, objectId, content.length)
      },
      (store) => store.remove(objectId),
      async (config, killedAfter) => {
        const store = await openObjectBucket(config, { pieces })
        if ((await store.stat(objectId)) !== undefined) expect((await read(store)).equals(content)).toBe(true)
        if (killedAfter % 2 === 0) {
          await store.append(part, 0, content)
          await store.commit(part, objectId, content.length)
          expect((await read(store)).equals(content)).toBe(true)
        }
        await store.remove(objectId)
        expect(await left(config)).toEqual([])
      },
    )
    expect(requests).toBeGreaterThan(3)
  })

  test('what a part counts on is not overwritten by what comes after a write without an answer', async () => {
    const [tail, more, others] = [
      content.subarray(6 * unit, 7 * unit),
      content.subarray(7 * unit, 13 * unit),
      randomBytes(6 * unit),
    ]
    const isRecord = (method: string, path: string) => method === 'PUT' && path.includes('/parts/')
    let silent: 'no' | 'answers lost' | 'requests lost' = 'no'
    const config = await openGate(s3, async ({ method, path }, response, real) => {
      if (silent === 'no' || !isRecord(method, path)) return pass(response, await real())
      if (silent === 'answers lost') await real()
      response.destroy()
    })
    const store = await openObjectBucket(config, { pieces })
    await store.append(part, 0, content.subarray(0, 6 * unit))
    await store.append(part, 6 * unit, tail)
    silent = 'answers lost'
    await expect(store.append(part, 7 * unit, more)).rejects.toMatchObject({ code: 'unavailable' })
    silent = 'requests lost'
    await expect(store.append(part, 7 * unit, others)).rejects.toMatchObject({ code: 'unavailable' })

    const next = await openObjectBucket({ ...s3.config(), prefix: config.prefix ?? '' }, { pieces })
    await next.truncate(part, 7 * unit)
    await next.append(part, 7 * unit, more)
    await next.commit(part, objectId, content.length)
    expect((await read(next)).equals(content)).toBe(true)
  })

  test('of two processes that commit the same object at once, one makes it and the other keeps nothing', async () => {
    const config = s3.config()
    const other = `sha256:${'2'.repeat(64)}`
    const first = await openObjectBucket(config, { pieces })
    await first.append(part, 0, content)
    const gate = await openGate(s3, async ({ method, path }, response, real) => {
      if (method === 'PUT' && path.includes('/objects/')) await first.commit(part, objectId, content.length)
      pass(response, await real())
    })
    const second = await openObjectBucket({ ...gate, prefix: config.prefix ?? '' }, { pieces })
    await second.append(other, 0, content)
    await second.commit(other, objectId, content.length)
    expect((await read(second)).equals(content)).toBe(true)
    expect(await left(config)).toEqual(['data/*/*', 'objects/*'])
  })
})
