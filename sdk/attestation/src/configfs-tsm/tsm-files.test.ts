import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { nodeTsmFiles } from './tsm-files.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'reinraum-files-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

it('a file is read to its end, however long it says that it is', async () => {
  const path = join(await folder(), 'outblob')
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i & 0xff)
  await writeFile(path, bytes)
  expect(await nodeTsmFiles.read(path, 200_000)).toEqual(bytes)
  await expect(nodeTsmFiles.read(path, 199_999)).rejects.toMatchObject({ code: 'malformed-evidence' })
  // It says 0.
  expect((await nodeTsmFiles.read('/proc/self/cmdline', 100_000)).length).toBeGreaterThan(0)
})

it('an endless file is read no further than its bound', async () => {
  await expect(nodeTsmFiles.read('/dev/zero', 65536)).rejects.toMatchObject({ code: 'malformed-evidence' })
})

it('an attribute is opened for writing alone, and never made', async () => {
  const path = join(await folder(), 'inblob')
  await expect(nodeTsmFiles.write(path, new Uint8Array(64))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readdir(join(path, '..'))).toEqual([])
  // Opening a pipe for writing alone waits for a reader; opening it for both does not.
  execFileSync('mkfifo', [path])
  const write = nodeTsmFiles.write(path, Uint8Array.of(1, 2, 3))
  expect(await Promise.race([write, wait(100, 'waiting')])).toBe('waiting')
  expect([...(await readFile(path))]).toEqual([1, 2, 3])
  expect(await write).toBe(3)
})

it('an entry is made, and removed only when it is one', async () => {
  const path = join(await folder(), 'entry')
  await nodeTsmFiles.mkdir(path)
  await expect(nodeTsmFiles.mkdir(path)).rejects.toMatchObject({ code: 'EEXIST' })
  await nodeTsmFiles.rmdir(path)
  await expect(nodeTsmFiles.rmdir(path)).rejects.toMatchObject({ code: 'ENOENT' })
})
