import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
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

test('a link in the folder leads nowhere', async () => {
  const { dir, store } = await fresh()
  const outside = join(dir, 'outside')
  writeFileSync(outside, 'canary')
  symlinkSync(outside, join(dir, 'objects', '1'.repeat(64)))
  symlinkSync(outside, join(dir, 'parts', '1'.repeat(64)))
  await expect(collect(store.read(part))).rejects.toMatchObject({ name: 'ReinraumError' })
  await expect(store.append(part, 6, new Uint8Array(1))).rejects.toMatchObject({ name: 'ReinraumError' })
})

test('a part is what it was last made to be, whether or not this process wrote all of it', async () => {
  const { dir, store } = await fresh()
  const content = randomBytes(100)
  const other = await openObjectFolder(dir)
  await store.append(part, 0, content.subarray(0, 60))
  await store.append(part, 60, randomBytes(40))
  await store.truncate(part, 60)
  await other.append(part, 60, content.subarray(60))
  await store.commit(part, idOf(content), 100)

  await store.append(part, 0, content.subarray(0, 60))
  await other.append(part, 60, randomBytes(40))
  await expect(other.commit(part, idOf(content), 100)).rejects.toMatchObject({ code: 'ciphertext-mismatch' })
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
