import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasS3Server } from '../testing/s3-server.ts'
import { startTestS3, type TestS3 } from '../testing/test-s3.ts'
import { openObjectFolder } from './object-folder.ts'
import type { ObjectStore } from './object-store.ts'
import { openBucket } from './s3/bucket.ts'
import { openObjectBucket } from './s3/object-s3.ts'

// A twentieth of what S3 asks for; the server is told so.
const unit = 50_000
const pieces = { smallest: 5 * unit, usual: 8 * unit }
const part = `sha256:${'1'.repeat(64)}`
const other = `sha256:${'2'.repeat(64)}`
const idOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

interface Fresh {
  readonly store: ObjectStore
  /** The same place, as a process finds it that was started anew. */
  again(): Promise<ObjectStore>
  /** What lies there, finished or not. */
  left(): Promise<readonly string[]>
}

let s3: TestS3
beforeAll(async () => {
  if (hasS3Server) s3 = await startTestS3(pieces.smallest)
})
afterAll(() => s3?.stop())

async function freshFolder(): Promise<Fresh> {
  const dir = mkdtempSync(join(tmpdir(), 'reinraum-objects-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const again = () => openObjectFolder(dir)
  return { store: await again(), again, left: async () => ['parts', 'objects'].flatMap((name) => readdirSync(join(dir, name))) }
}

async function freshBucket(): Promise<Fresh> {
  const config = s3.config()
  const again = () => openObjectBucket(config, { pieces })
  const bucket = await openBucket(config, undefined, 10_000)
  onTestFinished(() => bucket.close())
  const left = async () => [...(await bucket.list('')), ...(await bucket.listUploads('')).map(({ key }) => `${key} (unfinished)`)]
  return { store: await again(), again, left }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const kinds = [
  ['a folder', true, freshFolder],
  ['S3', hasS3Server, freshBucket],
] as const

for (const [kind, isHere, fresh] of kinds) {
  describe.skipIf(!isHere)(`objects in ${kind}`, () => {
    test('what was uploaded in parts is read back whole, and in ranges', async () => {
      const { store } = await fresh()
      const content = randomBytes(3_000_001)
      for (let offset = 0; offset < content.length; ) {
        offset = await store.append(part, offset, content.subarray(offset, offset + 700_000))
      }
      expect(await store.partLength(part)).toBe(content.length)
      await store.commit(part, idOf(content), content.length)
      expect(await store.stat(idOf(content))).toEqual({ length: content.length })
      expect((await collect(store.read(idOf(content)))).equals(content)).toBe(true)
      for (const [offset, length] of [
        [0, 0],
        [0, 1],
        [1_048_575, 3],
        [2_999_999, 2],
        [3_000_001, 0],
      ] as const) {
        expect(
          (await collect(store.read(idOf(content), { offset, length }))).equals(content.subarray(offset, offset + length)),
        ).toBe(true)
      }
      expect((await collect(store.read(idOf(content), { offset: 2_999_990 }))).equals(content.subarray(2_999_990))).toBe(true)
    })

    test('an upload continues exactly where it ended', async () => {
      const { store } = await fresh()
      await store.append(part, 0, randomBytes(10))
      for (const offset of [0, 9, 11, -1, Number.NaN]) {
        await expect(store.append(part, offset, randomBytes(1))).rejects.toMatchObject({ code: 'offset-mismatch' })
      }
      expect(await store.partLength(part)).toBe(10)
    })

    test('two who append at the same place: one wins', async () => {
      const { store } = await fresh()
      const results = await Promise.allSettled([1, 2, 3].map((value) => store.append(part, 0, new Uint8Array(5).fill(value))))
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
      expect(await store.partLength(part)).toBe(5)
    })

    test('bytes that are not what the id says are not committed, and stay a part', async () => {
      const { store } = await fresh()
      const content = randomBytes(100)
      await store.append(part, 0, content)
      const flipped = Buffer.from(content)
      flipped[50] = (flipped[50] ?? 0) ^ 1
      await expect(store.commit(part, idOf(flipped), 100)).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
      await expect(store.commit(part, idOf(content), 99)).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
      expect(await store.stat(idOf(flipped))).toBeUndefined()
      expect(await store.partLength(part)).toBe(100)
    })

    test('committing again changes nothing; committing nothing is `not-found`', async () => {
      const { store } = await fresh()
      const content = randomBytes(100)
      await expect(store.commit(part, idOf(content), 100)).rejects.toMatchObject({ code: 'not-found' })
      await store.append(part, 0, content)
      await store.commit(part, idOf(content), 100)
      await store.commit(part, idOf(content), 100)
      expect((await collect(store.read(idOf(content)))).equals(content)).toBe(true)
      expect(await store.partLength(part)).toBe(0)
    })

    test('an object is not readable before it is committed', async () => {
      const { store } = await fresh()
      const content = randomBytes(100)
      await store.append(part, 0, content)
      await expect(collect(store.read(idOf(content)))).rejects.toMatchObject({ code: 'not-found' })
      await expect(collect(store.read(part))).rejects.toMatchObject({ code: 'not-found' })
    })

    test.each([
      '',
      '..',
      '../x',
      'sha256:',
      `sha256:${'A'.repeat(64)}`,
      `sha256:${'a'.repeat(63)}/`,
      `${part}\0`,
      `${part}\n`,
      '/etc/passwd',
    ])('no id but a digest becomes a file name: %j', async (id) => {
      const { store, left } = await fresh()
      const refused = { code: 'invalid-argument' }
      await expect(store.append(id, 0, new Uint8Array(1))).rejects.toMatchObject(refused)
      await expect(store.partLength(id)).rejects.toMatchObject(refused)
      await expect(store.commit(part, id, 0)).rejects.toMatchObject(refused)
      await expect(store.stat(id)).rejects.toMatchObject(refused)
      await expect(store.remove(id)).rejects.toMatchObject(refused)
      await expect((async () => collect(store.read(id)))()).rejects.toMatchObject(refused)
      expect(await left()).toEqual([])
    })

    test('ranges outside of an object are refused', async () => {
      const { store } = await fresh()
      const content = randomBytes(10)
      await store.append(part, 0, content)
      await store.commit(part, idOf(content), 10)
      for (const range of [
        { offset: 11 },
        { offset: -1 },
        { offset: 0, length: 11 },
        { offset: 5, length: -1 },
        { offset: 0.5 },
        { offset: 2 ** 60 },
      ]) {
        await expect(collect(store.read(idOf(content), range))).rejects.toMatchObject({ code: 'invalid-argument' })
      }
    })

    test('a part is cut back to what was acknowledged, and never made longer', async () => {
      const { store } = await fresh()
      await store.append(part, 0, new Uint8Array(10), { sync: false })
      await store.sync(part)
      await store.truncate(part, 20)
      expect(await store.partLength(part)).toBe(10)
      await store.truncate(part, 4)
      expect(await store.append(part, 4, new Uint8Array(1))).toBe(5)
      expect(await store.partLength(part)).toBe(5)
    })

    test('parts and objects are dropped, also twice', async () => {
      const { store } = await fresh()
      const content = randomBytes(10)
      await store.append(part, 0, content)
      await store.discard(part)
      await store.discard(part)
      expect(await store.partLength(part)).toBe(0)
      await store.append(part, 0, content)
      await store.commit(part, idOf(content), 10)
      await store.remove(idOf(content))
      await store.remove(idOf(content))
      expect(await store.stat(idOf(content))).toBeUndefined()
    })

    test('what was acknowledged is there after a restart, and the upload goes on from it', async () => {
      const { store, again } = await fresh()
      const content = randomBytes(14 * unit)
      for (const [start, end] of [
        [0, 6 * unit],
        [6 * unit, 12 * unit],
        [12 * unit, 12 * unit + 10],
      ] as const) {
        await store.append(part, start, content.subarray(start, end), { sync: false })
        await store.sync(part)
      }
      const second = await again()
      expect(await second.partLength(part)).toBe(12 * unit + 10)
      await second.append(part, 12 * unit + 10, content.subarray(12 * unit + 10, 13 * unit))
      const third = await again()
      expect(await third.partLength(part)).toBe(13 * unit)
      await third.append(part, 13 * unit, content.subarray(13 * unit), { sync: false })
      await third.commit(part, idOf(content), content.length)
      const fourth = await again()
      expect(await fourth.stat(idOf(content))).toEqual({ length: content.length })
      expect(await fourth.partLength(part)).toBe(0)
      expect((await collect(fourth.read(idOf(content)))).equals(content)).toBe(true)
      const range = { offset: 6 * unit - 3, length: 6 * unit + 100 }
      expect(
        (await collect(fourth.read(idOf(content), range))).equals(content.subarray(range.offset, range.offset + range.length)),
      ).toBe(true)
    })

    test.each([
      ['between two pieces', 6 * unit],
      ['inside of a piece', 6 * unit + 12_345],
      ['inside of the first piece', 7],
      ['behind the last piece', 12 * unit + 5],
      ['to nothing', 0],
    ])('a large part is cut back %s, and continued with other bytes', async (_where, length) => {
      const { store, again, left } = await fresh()
      const first = randomBytes(12 * unit + 10)
      for (let offset = 0; offset < first.length; offset += 6 * unit)
        await store.append(part, offset, first.subarray(offset, offset + 6 * unit))
      await store.truncate(part, length)
      const second = await again()
      expect(await second.partLength(part)).toBe(length)
      const content = Buffer.concat([first.subarray(0, length), randomBytes(6 * unit)])
      await second.append(part, length, content.subarray(length))
      await second.commit(part, idOf(content), content.length)
      expect((await collect(second.read(idOf(content)))).equals(content)).toBe(true)
      await second.remove(idOf(content))
      expect(await left()).toEqual([])
    })

    test('large parts and objects leave nothing behind', async () => {
      const { store, again, left } = await fresh()
      const content = randomBytes(9 * unit)
      await store.append(part, 0, content)
      await store.append(part, content.length, content.subarray(0, 10))
      await (await again()).discard(part)
      expect(await left()).toEqual([])
      await store.discard(part)
      await store.append(part, 0, content, { sync: false })
      await store.commit(part, idOf(content), content.length)
      await store.append(other, 0, content)
      await store.commit(other, idOf(content), content.length)
      // The object of the first part is not the second one's to take along.
      await store.append(other, 0, content)
      await store.discard(other)
      expect((await collect(store.read(idOf(content)))).equals(content)).toBe(true)
      await store.remove(idOf(content))
      expect(await left()).toEqual([])
    })

    test('bytes that were written before a restart and are the wrong ones are not committed, and stay a part', async () => {
      const { store, again } = await fresh()
      const content = randomBytes(6 * unit)
      await store.append(part, 0, content)
      const wrong = idOf(randomBytes(10))
      const second = await again()
      await expect(second.commit(part, wrong, content.length)).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
      expect(await second.stat(wrong)).toBeUndefined()
      expect(await second.partLength(part)).toBe(content.length)
      await second.append(part, content.length, content)
      const twice = Buffer.concat([content, content])
      await second.commit(part, idOf(twice), twice.length)
      expect((await collect(second.read(idOf(twice)))).equals(twice)).toBe(true)
    })
  })
}
