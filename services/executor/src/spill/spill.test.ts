import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { deviceNumber } from './encrypted-device.ts'
import { openSpill } from './spill.ts'
import { sysFolder } from './sys-folder.ts'
import { madeUpSys } from './testing/made-up-sys.ts'

const base = await mkdtemp('/var/tmp/reinraum-spill-')
afterAll(() => rm(base, { recursive: true, force: true }))
const one = { runs: 1, resultBytes: 2 ** 20 }
const isDisk = [0xef53, 0x58465342].includes((await statfs(base)).type)

/** Which says that the disk of this test is encrypted. */
async function pretendingSys(folder = base) {
  const number = deviceNumber((await stat(folder, { bigint: true })).dev)
  return madeUpSys([{ name: 'dm-0', number, files: { 'dm/uuid': 'CRYPT-PLAIN-scratch' } }])
}

/** Folders in folders, which have no path that the system takes, the last of them closed. */
async function makeDeep(path: string): Promise<void> {
  const name = 'x'.repeat(250)
  const script = `cd "$1"; i=0; while [ $i -lt 20 ]; do mkdir ${name}; cd -P ${name}; i=$((i + 1)); done; mkdir -m 000 closed`
  await promisify(execFile)('sh', ['-c', script, 'sh', path])
}

describe('the folder to spill into', () => {
  it('is refused on a disk that is not encrypted', async () => {
    // Of this very machine: where its disk is encrypted, on one that nothing is known of.
    const number = deviceNumber((await stat(base, { bigint: true })).dev)
    const sys = (await sysFolder().text(`dev/block/${number}/dm/uuid`)) === undefined ? sysFolder() : await madeUpSys([])
    const opened = openSpill({ directory: join(base, 'plain'), mebibytes: 1 }, one, sys)
    await expect(opened).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('dm-crypt') })
  })

  it.runIf(existsSync('/dev/shm'))('is refused in memory, whatever its device is said to be', async () => {
    const directory = await mkdtemp('/dev/shm/reinraum-spill-')
    try {
      const opened = openSpill({ directory, mebibytes: 1 }, one, await pretendingSys(directory))
      await expect(opened).rejects.toMatchObject({ code: 'unsupported' })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it.runIf(isDisk)('has room for all runs at once, with their results', async () => {
    const { bavail, bsize } = await statfs(base)
    const free = Math.floor((bavail * bsize) / 2 ** 20)
    const open = async (mebibytes: number, runs: number, resultBytes: number) =>
      openSpill({ directory: base, mebibytes }, { runs, resultBytes }, await pretendingSys())
    expect((await open(7, 2, 2 ** 20)).mebibytes).toBe(7)
    const refusal = { code: 'resource-exhausted', message: expect.stringContaining('2 runs at once') }
    await expect(open(Math.ceil(free * 0.6), 2, 2 ** 20)).rejects.toMatchObject(refusal)
    await expect(open(1, 2, free * 2 ** 20)).rejects.toMatchObject(refusal)
  })

  it.runIf(isDisk)('loses at the start what a killed predecessor left, and nothing else that lies there', async () => {
    const directory = join(base, 'mounted')
    await mkdir(join(directory, 'runs/run-old'), { recursive: true })
    await writeFile(join(directory, 'runs/run-old/duckdb_temp_storage-0.tmp'), 'plaintext')
    await writeFile(join(directory, 'other'), 'of the machine')
    const spill = await openSpill({ directory, mebibytes: 1 }, one, await pretendingSys())
    expect([existsSync(join(directory, 'runs/run-old')), existsSync(join(directory, 'other'))]).toEqual([false, true])
    const [first, second] = [await spill.open(), await spill.open()]
    await first.remove()
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, true])
    expect((await stat(second.path)).mode & 0o077).toBe(0)
  })

  it.runIf(isDisk)('goes with its run whatever a process that was taken over made there', async () => {
    const open = async () => (await openSpill({ directory: base, mebibytes: 1 }, one, await pretendingSys())).open()
    const run = await open()
    await makeDeep(run.path)
    await run.remove()
    expect(existsSync(run.path)).toBe(false)
    // and with the next start, where it did not go
    const left = await open()
    await makeDeep(left.path)
    await open()
    expect(existsSync(left.path)).toBe(false)
  })
})
