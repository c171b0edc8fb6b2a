import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ChildLimits, Confinement } from './confinement.ts'
import { probeConfinement } from './probe.ts'
import { loadProgram } from './program.ts'
import { makeRunFolder } from './run-folder.ts'
import { startChild } from './spawn.ts'
import { attempts, type HostileJob, type Targets } from './testing/attempts.ts'

// What holds if the engine itself is taken over: another program stands in its place, with all that confines it.

const limits: ChildLimits = { memoryMiB: 256, timeoutMs: 20_000, cpuSeconds: 20, threads: 2, resultBytes: 2 ** 20 }
const confinement = await probeConfinement()
// Blanks and backslashes part the words of more than one thing on the way.
const base = await mkdtemp(join(tmpdir(), 'reinraum hostile \\040-'))
await chmod(base, 0o777)
const nothing: Confinement = { namespaces: false, resourceLimits: false, privileges: false, privateRoot: undefined }
const program = loadProgram(new URL('./testing/hostile.ts', import.meta.url))
let runs = 0

afterAll(() => rm(base, { recursive: true, force: true }))

/** With modes that allow everyone everything: what holds here is not the modes. */
async function freshRun(spills = false) {
  const path = join(base, `run-${runs++}`)
  const disk = join(base, `disk-${runs}`)
  await Promise.all([mkdir(path), mkdir(disk)])
  const folder = await makeRunFolder(path, spills ? { path: disk, mebibytes: 8 } : undefined)
  // Where the result lies, and what is beside it there.
  const place = spills ? disk : path
  await writeFile(join(place, 'beside'), 'secret')
  const dataset = join(folder.data, 'people.parquet')
  await writeFile(dataset, 'secret')
  await Promise.all([...[path, disk, folder.data].map((each) => chmod(each, 0o777)), chmod(dataset, 0o666)])
  return { place, folder, dataset }
}

async function attack(
  job: HostileJob,
  { folder }: Awaited<ReturnType<typeof freshRun>>,
  given: Partial<ChildLimits & { confinement: Confinement }> = {},
) {
  const { confinement: how = confinement, ...changed } = given
  const child = startChild({ ...limits, ...changed }, how, folder, program)
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  return child.run({ datasets: [], comparisons: [], sql: JSON.stringify(job) }, stop.signal)
}

/** The attempts that succeeded, and whether the dataset and a process beside it are as they were. */
async function attempt(how: Confinement, spills = false) {
  const [own, other] = [await freshRun(spills), await freshRun(spills)]
  // Of the user that a query process of root becomes.
  const victim = spawn('sleep', ['30'], { stdio: 'ignore', ...(process.getuid?.() === 0 ? { uid: 65_534 } : {}) })
  const port = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  const socket = `\0reinraum-${process.pid}-${runs}`
  const local = createServer((connection) => connection.destroy()).listen(socket)
  try {
    await Promise.all([once(victim, 'spawn'), once(port, 'listening'), once(local, 'listening')])
    const targets: Targets = {
      parent: process.pid,
      victim: victim.pid ?? 0,
      port: (port.address() as AddressInfo).port,
      socket,
      elsewhere: join(base, `elsewhere-${runs}`),
      otherRun: spills ? join(other.place, 'beside') : other.dataset,
      ownRun: own.place,
      ownData: own.folder.data,
      dataset: own.dataset,
    }
    const { rowCount } = await attack({ targets }, own, { confinement: how })
    const succeeded = attempts.filter((_, i) => Math.floor(rowCount / 2 ** i) % 2 === 1)
    return { succeeded, dataset: await readFile(own.dataset, 'utf8'), alive: victim.signalCode === null }
  } finally {
    victim.kill('SIGKILL')
    port.close()
    local.close()
  }
}

describe('a query process that is taken over', () => {
  it('is confined by all that the host has', () => {
    const able = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--net', 'true']).status === 0
    expect(Object.entries(confinement).filter(([, given]) => !given)).toEqual(able ? [] : expect.anything())
  })

  it.runIf(confinement.privateRoot !== undefined)('is confined as well by a parent that gives no file to others', () => {
    const probe = new URL('./probe.ts', import.meta.url).href
    const script = `process.exitCode = (await (await import('${probe}')).probeConfinement()).privateRoot === undefined ? 1 : 0`
    const node = [process.execPath, '--conditions=source', '--input-type=module', '-e', script]
    expect(spawnSync('/bin/sh', ['-c', 'umask 077; exec "$@"', 'sh', ...node], { stdio: 'ignore' }).status).toBe(0)
  })

  it('does all of it where nothing confines it', async () => {
    expect((await attempt(nothing)).succeeded).toEqual(attempts)
  })

  it.runIf(confinement.privateRoot !== undefined)('does none of it where everything does', async () => {
    expect(await attempt(confinement)).toEqual({ succeeded: [], dataset: 'secret', alive: true })
  })

  it.runIf(confinement.privateRoot !== undefined)('does none of it on the disk that it spills to either', async () => {
    expect((await attempt(nothing, true)).succeeded).toEqual(attempts)
    expect(await attempt(confinement, true)).toEqual({ succeeded: [], dataset: 'secret', alive: true })
  })

  it.runIf(confinement.resourceLimits).each([
    ['takes no more memory than it may have', 'memory', {}],
    ['takes no more memory in another way either', 'shared memory', {}],
    ['writes no longer result than its rules allow', 'disk', {}],
    ['has no more processor time than it may have', 'time', { cpuSeconds: 1, timeoutMs: 3_600_000 }],
    ['has no more time than it may have', 'time', { cpuSeconds: 3600, timeoutMs: 600 }],
  ] as const)('%s', async (_, excess, changed) => {
    const run = await freshRun()
    await expect(attack({ excess, result: run.folder.result }, run, changed)).rejects.toMatchObject({ code: 'run-failed' })
    expect((await readFile(run.folder.result)).length).toBeLessThanOrEqual(limits.resultBytes)
  })
})
