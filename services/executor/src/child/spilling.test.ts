import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { createLog } from '@reinraum/kit'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { openScratch } from '../scratch.ts'
import type { Spill } from '../spill/spill.ts'
import type { ChildLimits } from './confinement.ts'
import { probeConfinement } from './probe.ts'
import { loadProgram } from './program.ts'
import { openQueryEngine } from './query-engine.ts'
import { makeRunFolder } from './run-folder.ts'
import { startChild } from './spawn.ts'
import { keepWorkplaces } from './workplaces.ts'

// The disk here is not encrypted: no configuration leads to a `Spill` like this one, which is what `openSpill` gives.

const limits: ChildLimits = { memoryMiB: 24, timeoutMs: 60_000, cpuSeconds: 60, threads: 1, resultBytes: 65_536 }
const confinement = await probeConfinement()
const base = await mkdtemp(join(tmpdir(), 'reinraum-spilling-'))
const never = new AbortController().signal
afterAll(() => rm(base, { recursive: true, force: true }))
let rooms = 0

/** Does not fit into that memory. */
const large = `SELECT count(*) AS n, max(h) AS most
  FROM (SELECT DISTINCT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS h FROM range(300000) t(i))`
/** Spills, and then goes on for hours. */
const endless = `SELECT count(*) AS n FROM range(1000000000000) r(j), (${large}) WHERE hash(j) = n`
const question = (sql: string) => ({ datasets: [], comparisons: [], sql })

async function room(mebibytes: number | undefined) {
  const folder = join(base, `room-${rooms++}`)
  const disk = join(folder, 'disk')
  const spilled = await openScratch(disk, { allowDisk: true })
  const spill: Spill | undefined = mebibytes === undefined ? undefined : { mebibytes, open: () => spilled.open() }
  const scratch = await openScratch(join(folder, 'scratch'), { allowDisk: true })
  const kept = keepWorkplaces(scratch, limits, confinement, createLog({ level: 'error' }), spill)
  onTestFinished(() => kept.close())
  /** Of one run, which is all that works here. */
  const ask = async (sql: string, signal = never) => {
    const place = await kept.take()
    await kept.close()
    try {
      await place.child.run(question(sql), signal)
      return { rows: await inEngine(`FROM '${place.files.result}'`), result: place.files.result }
    } finally {
      await place.remove()
    }
  }
  return { disk, ask }
}

async function inEngine(sql: string) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.closeSync()
  }
}

function temporaryFiles(disk: string): readonly string[] {
  return readdirSync(disk, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('temporary/'))
}

describe('a query that needs more than its memory', () => {
  it('fails without a disk, and gives the same with one, with longer files than its result may be', async () => {
    const [without, with_] = await Promise.all([room(undefined), room(16)])
    const failing = without.ask(large).catch((error) => error.code)
    const { rows } = await with_.ask(large)
    expect(rows).toEqual(await inEngine(large))
    expect(await failing).toBe('run-failed')
    expect(await readdir(with_.disk)).toEqual([])
  })

  it('spills no more than it may, as the engine counts it', async () => {
    const directory = await mkdtemp(join(base, 'engine-'))
    const inside = async (mebibytes: number) =>
      (await openQueryEngine(limits.memoryMiB, limits.threads, { directory, mebibytes })).run(large)
    await expect(inside(1)).rejects.toThrow('max_temp_directory_size')
    await inside(16)
  })

  it('leaves nothing when it fails', async () => {
    const { disk, ask } = await room(1)
    await expect(ask(large)).rejects.toMatchObject({ code: 'run-failed' })
    expect(await readdir(disk)).toEqual([])
  })

  it('leaves nothing when it is stopped while it spills', async () => {
    const { disk, ask } = await room(16)
    const stop = new AbortController()
    const running = ask(endless, stop.signal).catch((error) => error.code)
    await vi.waitFor(() => expect(temporaryFiles(disk).length).toBeGreaterThan(0), { timeout: 30_000, interval: 5 })
    stop.abort()
    expect(await running).toBe('run-cancelled')
    expect(await readdir(disk)).toEqual([])
  })

  it.runIf(process.getuid?.() === 0)('fails like any other where the disk is full', async () => {
    // In a namespace of its own: whatever becomes of the test, nothing stays mounted.
    const disk = join(base, 'full')
    const path = join(base, 'full-run')
    await Promise.all([mkdir(disk), mkdir(path)])
    const url = (module: string) => JSON.stringify(new URL(module, import.meta.url).href)
    const script = `
      const { startChild } = await import(${url('./spawn.ts')})
      const { makeRunFolder } = await import(${url('./run-folder.ts')})
      const folder = await makeRunFolder('${path}', { path: '${disk}', mebibytes: 16 })
      const child = startChild(${JSON.stringify(limits)}, ${JSON.stringify(confinement)}, folder)
      const signal = new AbortController().signal
      console.log(await child.run(${JSON.stringify(question(large))}, signal).catch((error) => error.code))`
    const mounted = `mount -t tmpfs -o size=2m none ${disk} && exec "$@"`
    const node = [process.execPath, '--conditions=source', '--input-type=module', '-e', script]
    const { stdout } = await promisify(execFile)('unshare', ['--mount', 'sh', '-c', mounted, 'sh', ...node])
    expect(stdout.trim()).toBe('run-failed')
  })
})

describe('the result of a run that may spill', () => {
  it('lies on that disk and not in memory, and is no longer than it may be', async () => {
    const [short, long] = await Promise.all([room(16), room(16)])
    const failed = long.ask('SELECT md5(i::VARCHAR) AS h FROM range(9000) t(i)').catch((error) => error.code)
    expect((await short.ask('SELECT 1 AS one')).result.startsWith(`${short.disk}/`)).toBe(true)
    expect(await failed).toBe('run-failed')
  })
})

describe('a process that is taken over', () => {
  const made = { 'long files': 8, 'many files': 3000, folder: 1 } as const
  it.runIf(confinement.privateRoot !== undefined).each(Object.entries(made))(
    'is killed when it makes more on the disk than it may: %s',
    async (excess, count) => {
      const [path, disk] = [join(base, excess), join(base, `${excess} on disk`)]
      await Promise.all([mkdir(path), mkdir(disk)])
      const folder = await makeRunFolder(path, { path: disk, mebibytes: 4 })
      const program = loadProgram(new URL('./testing/hostile.ts', import.meta.url))
      const child = startChild({ ...limits, memoryMiB: 256, timeoutMs: 3_600_000 }, confinement, folder, program)
      const job = JSON.stringify({ excess, folder: folder.spill?.temporary })
      await expect(child.run(question(job), never)).rejects.toMatchObject({ code: 'run-failed' })
      expect(temporaryFiles(disk).length).toBeGreaterThan(0)
      expect(temporaryFiles(disk).length).toBeLessThanOrEqual(count)
    },
    20_000,
  )
})
