import { existsSync } from 'node:fs'
import { lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openScratch } from './scratch.ts'

const made: string[] = []

async function folder(parent: string): Promise<string> {
  const path = await mkdtemp(join(parent, 'reinraum-test-'))
  made.push(path)
  return path
}

afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true })
})

const onDisk = '/var/tmp'

describe('the scratch folder', () => {
  it('is refused on a disk', async () => {
    await expect(openScratch(join(await folder(onDisk), 'scratch'), { allowDisk: false })).rejects.toMatchObject({
      code: 'unsupported',
    })
  })

  it('is taken on a disk only where that was allowed', async () => {
    const scratch = await openScratch(join(await folder(onDisk), 'scratch'), { allowDisk: true })
    const run = await scratch.open()
    expect(existsSync(run.path)).toBe(true)
  })

  it.runIf(existsSync('/dev/shm'))('is taken in memory', async () => {
    const scratch = await openScratch(join(await folder('/dev/shm'), 'scratch'), { allowDisk: false })
    expect(existsSync((await scratch.open()).path)).toBe(true)
  })

  it('loses at the start what a killed predecessor left in it', async () => {
    const directory = join(await folder(tmpdir()), 'scratch')
    await mkdir(join(directory, 'run-old'), { recursive: true })
    await writeFile(join(directory, 'run-old', 'strikes.parquet'), 'plaintext of an interrupted run')
    await openScratch(directory, { allowDisk: true })
    expect(existsSync(join(directory, 'run-old'))).toBe(false)
  })

  it('is never one that somebody else put in its place, in a folder that everyone may write', async () => {
    const parent = await folder(tmpdir())
    const [directory, foreign] = [join(parent, 'scratch'), join(parent, 'foreign')]
    await mkdir(foreign)
    let racing = true
    // Waits for the moment in which the old folder is gone and the new one not there yet.
    const race = (async () => {
      while (racing) await symlink(foreign, directory).catch(() => {})
    })()
    try {
      for (let i = 0; i < 200; i++) {
        const scratch = await openScratch(directory, { allowDisk: true }).catch(() => undefined)
        if (scratch !== undefined) expect((await lstat(directory)).isSymbolicLink()).toBe(false)
      }
    } finally {
      racing = false
      await race
    }
  })

  it('gives each run a folder of its own, which goes with the run', async () => {
    const scratch = await openScratch(join(await folder(tmpdir()), 'scratch'), { allowDisk: true })
    const [one, other] = [await scratch.open(), await scratch.open()]
    expect(one.path).not.toBe(other.path)
    await one.remove()
    expect([existsSync(one.path), existsSync(other.path)]).toEqual([false, true])
  })
})
