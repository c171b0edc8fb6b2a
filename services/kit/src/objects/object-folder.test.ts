import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { fileError } from './file-error.ts'
import { openObjectFolder } from './object-folder.ts'

const part = `sha256:${'1'.repeat(64)}`
const idOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

async function fresh() {
  const dir = mkdtempSync(join(tmpdir(), 'reinraum-objects-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return { dir, store: await openObjectFolder(dir) }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

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
    expect((await collect(store.read(idOf(content), { offset, length }))).equals(content.subarray(offset, offset + length))).toBe(
      true,
    )
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
  const { dir, store } = await fresh()
  const refused = { code: 'invalid-argument' }
  await expect(store.append(id, 0, new Uint8Array(1))).rejects.toMatchObject(refused)
  await expect(store.partLength(id)).rejects.toMatchObject(refused)
  await expect(store.commit(part, id, 0)).rejects.toMatchObject(refused)
  await expect(store.stat(id)).rejects.toMatchObject(refused)
  await expect(store.remove(id)).rejects.toMatchObject(refused)
  await expect((async () => collect(store.read(id)))()).rejects.toMatchObject(refused)
  expect(readdirSync(join(dir, 'parts'))).toEqual([])
})

test('a link in the folder leads nowhere', async () => {
  const { dir, store } = await fresh()
  const outside = join(dir, 'outside')
  writeFileSync(outside, 'canary')
  symlinkSync(outside, join(dir, 'objects', '1'.repeat(64)))
  symlinkSync(outside, join(dir, 'parts', '1'.repeat(64)))
  await expect(collect(store.read(part))).rejects.toMatchObject({ name: 'ReinraumError' })
  await expect(store.append(part, 6, new Uint8Array(1))).rejects.toMatchObject({ name: 'ReinraumError' })
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
  const { dir, store } = await fresh()
  await store.append(part, 0, new Uint8Array(10), { sync: false })
  await store.sync(part)
  await store.truncate(part, 20)
  expect(await store.partLength(part)).toBe(10)
  await store.truncate(part, 4)
  expect(await store.append(part, 4, new Uint8Array(1))).toBe(5)
  expect(statSync(join(dir, 'parts', '1'.repeat(64))).size).toBe(5)
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

test('an object that shrank on disk is not served short', async () => {
  const { dir, store } = await fresh()
  const content = randomBytes(2_500_000)
  await store.append(part, 0, content)
  await store.commit(part, idOf(content), content.length)
  const reading = (async () => {
    for await (const _ of store.read(idOf(content))) {
      truncateSync(join(dir, 'objects', idOf(content).slice(7)), 1_100_000)
    }
  })()
  await expect(reading).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
})

test('only the owner of the process reads the folder', async () => {
  const { dir, store } = await fresh()
  await store.append(part, 0, new Uint8Array(1))
  for (const path of ['parts', 'objects', join('parts', '1'.repeat(64))]) expect(statSync(join(dir, path)).mode & 0o077).toBe(0)
})

test('a full disk is `storage-full`; other failures say nothing of paths', () => {
  const failure = (code: string) => fileError(Object.assign(new Error(`${code}: canary '/data/x'`), { code }))
  expect(failure('ENOSPC')).toMatchObject({ code: 'storage-full' })
  expect(failure('EDQUOT')).toMatchObject({ code: 'storage-full' })
  expect(failure('EIO')).toMatchObject({ code: 'internal' })
  expect(failure('EIO').message).not.toMatch(/canary|data/)
})

test('when the disk is full nothing half-written stays', async () => {
  const { dir } = await fresh()
  const child = join(import.meta.dirname, '../testing/full-disk-child.ts')
  // A limit on the size of files is a disk that fills up at the same place on every machine: 128 blocks of 512 bytes.
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'trap "" XFSZ; ulimit -f 128; exec "$@"',
    'sh',
    process.execPath,
    '--conditions=source',
    child,
    dir,
  ])
  expect(JSON.parse(stdout)).toEqual({ code: 'storage-full', length: 20_000 })
})
