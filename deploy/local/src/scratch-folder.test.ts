import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startOf } from '../bootstrap/lock-file.mjs'
import { scratchFolder, sweepScratchFolders } from './scratch-folder.ts'

function folderOf(pid: number, started: string | null): string {
  const path = join('/dev/shm', `reinraum-${pid}-${started}-${crypto.randomUUID().slice(0, 8)}-executor`)
  mkdirSync(path)
  writeFileSync(join(path, 'decrypted.parquet'), 'x')
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('decrypted data that a killed room left in memory is removed, that of a living one is not', async () => {
  const dead = folderOf(999_999, '12345')
  const anotherWithItsNumber = folderOf(process.pid, '1')
  const alive = folderOf(process.pid, startOf(process.pid))
  await sweepScratchFolders()
  expect([dead, anotherWithItsNumber, alive].map((path) => existsSync(path))).toEqual([false, false, true])
})

test('every executor has a folder of its own in memory', async () => {
  const [one, two] = await Promise.all([scratchFolder('/room', 'executor'), scratchFolder('/room', 'executor')])
  expect(one.path).not.toBe(two.path)
  expect([one, two].every(({ path, onDisk }) => path.startsWith('/dev/shm/reinraum-') && !onDisk)).toBe(true)
})
