import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '@reinraum/kit'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { openScratch } from '../scratch.ts'
import type { ChildLimits } from './confinement.ts'
import { probeConfinement } from './probe.ts'
import { keepWorkplaces } from './workplaces.ts'

const limits: ChildLimits = { memoryMiB: 128, timeoutMs: 20_000, cpuSeconds: 20, threads: 1, resultBytes: 65_536 }
const confinement = await probeConfinement()
const base = await mkdtemp(join(tmpdir(), 'reinraum-workplaces-'))
const signal = new AbortController().signal
const one = { datasets: [], comparisons: [], sql: 'SELECT 1 AS x' }

afterAll(() => rm(base, { recursive: true, force: true }))

async function workplaces(name: string) {
  const folder = join(base, name)
  const kept = keepWorkplaces(await openScratch(folder, { allowDisk: true }), limits, confinement, createLog({ level: 'error' }))
  onTestFinished(() => kept.close())
  return { kept, folder, folders: async () => (await readdir(folder)).sort() }
}

test('a place waits for the first run, and another one for the next', async () => {
  const { kept, folders } = await workplaces('next')
  await expect.poll(folders).toHaveLength(1)
  const [waiting = ''] = await folders()
  const place = await kept.take()
  expect(place.path.endsWith(waiting)).toBe(true)
  await expect.poll(folders).toHaveLength(2)
  expect(await place.child.run(one, signal)).toMatchObject({ rowCount: 1 })
  await place.remove()
  expect(await folders()).toHaveLength(1)
  expect(await folders()).not.toContain(waiting)
})

test('runs that begin together work in places of their own', async () => {
  const { kept, folders } = await workplaces('together')
  const places = await Promise.all([kept.take(), kept.take(), kept.take()])
  expect(new Set(places.map(({ path }) => path)).size).toBe(3)
  expect(new Set(places.map(({ child }) => child)).size).toBe(3)
  const outcomes = await Promise.all(places.map(({ child }) => child.run(one, signal)))
  expect(outcomes).toMatchObject([{ rowCount: 1 }, { rowCount: 1 }, { rowCount: 1 }])
  await Promise.all(places.map((place) => place.remove()))
  for (const { path } of places) expect(existsSync(path)).toBe(false)
  await expect.poll(folders).toHaveLength(1)
})

/** Of the command lines that name the folder, which are those that build a private root in it. */
function processesWith(folder: string): readonly number[] {
  const numbers = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
  return numbers.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`)
    } catch {
      return false
    }
  })
}

/** Which may have ended by itself: with the first of them, the others end too. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

test.runIf(confinement.privateRoot)('a process that died while it waited is no process for a run', async () => {
  const { kept, folder, folders } = await workplaces('died')
  await expect.poll(() => processesWith(folder).length).toBeGreaterThan(0)
  const [waiting = ''] = await folders()
  for (const pid of processesWith(folder)) kill(pid)
  await expect.poll(() => processesWith(folder)).toEqual([])
  // until this process has been told
  await sleep(200)
  const place = await kept.take()
  expect(await folders()).not.toContain(waiting)
  expect(await place.child.run(one, signal)).toMatchObject({ rowCount: 1 })
  await place.remove()
})

test('nothing waits once it is closed, and what a run has is still removed by the run', async () => {
  const { kept, folder, folders } = await workplaces('closed')
  const place = await kept.take()
  await kept.close()
  expect(await folders()).toHaveLength(1)
  await place.remove()
  const late = await kept.take()
  await late.remove()
  expect(await readdir(folder)).toEqual([])
  await expect.poll(() => processesWith(folder)).toEqual([])
})

test('a result is as long as the rules allow, where that is less than the host does', async () => {
  const { kept } = await workplaces('long')
  const ask = async (resultBytes: number) => {
    const place = await kept.take()
    const outcome = await place.child.run({ ...one, resultBytes }, signal).catch((error: Error) => error.message)
    await place.remove()
    return outcome
  }
  expect(await ask(20_000)).toMatchObject({ rowCount: 1 })
  expect(await ask(20)).toBe('the run failed')
  expect(await ask(1_000_000_000)).toMatchObject({ rowCount: 1 })
})
