import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Job } from '../job.ts'
import { type Attempt, attempts, type Excess, type HostileJob, type Targets } from './attempts.ts'

// Stands where the query's own program stands: what an engine does whose memory somebody has taken over. Its answer has the
// form of an outcome: one bit of the number of rows for each attempt that succeeded.
async function tryAll(targets: Targets, threads: number): Promise<number> {
  // With all of its threads, as it stands there when it is taken over.
  await (await DuckDBInstance.create(':memory:', { threads: String(threads) })).connect()
  let bits = 0
  for (const [i, attempt] of attempts.entries()) {
    const succeeded = await Promise.resolve(targets)
      .then((given) => tries[attempt](given))
      .then(
        () => true,
        () => false,
      )
    if (succeeded) bits += 2 ** i
  }
  return bits
}

const tries: Readonly<Record<Attempt, (targets: Targets) => unknown>> = {
  'reads the users of the machine': () => readFileSync('/etc/passwd'),
  "reads a package that is not the engine's": () =>
    readFileSync(new URL('../../zod/package.json', import.meta.resolve('@duckdb/node-bindings'))),
  'reads the folder of another run': ({ otherRun }) => readFileSync(otherRun),
  'lists the folder of its own run': ({ ownRun }) => readdirSync(ownRun).find((name) => name === 'beside') ?? fail(),
  'reads the environment of its parent': ({ parent }) => readFileSync(`/proc/${parent}/environ`),
  'sees other processes': () =>
    readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)[0] ?? fail(),
  'kills a process of its parent': ({ victim }) => process.kill(victim, 'SIGKILL'),
  'writes a file beside its result': ({ ownRun }) => writeFileSync(`${ownRun}/more`, 'more'),
  'writes a file beside its datasets': ({ ownData }) => writeFileSync(`${ownData}/more`, 'more'),
  'changes a dataset': ({ dataset }) => appendFileSync(dataset, 'more'),
  'writes a file anywhere else': ({ elsewhere }) => writeFileSync(elsewhere, 'more'),
  'connects to a port of this machine': ({ port }) => reach({ host: '127.0.0.1', port }),
  'connects to a socket without a file': ({ socket }) => reach({ path: socket }),
  'starts another process': () => spawnSync(process.execPath, ['--version']).status === 0 || fail(),
}

async function reach(to: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<void> {
  const socket = connect(to)
  await once(socket, 'connect')
  socket.destroy()
}

function exceed(excess: Excess, result: string): number {
  switch (excess) {
    case 'memory':
      return Array.from({ length: 64 }, () => Buffer.allocUnsafe(2 ** 26)).length
    case 'shared memory':
      return Array.from({ length: 64 }, () => new SharedArrayBuffer(2 ** 26)).length
    case 'disk': {
      const file = openSync(result, 'w')
      const piece = Buffer.alloc(2 ** 20)
      let written = 0
      while (written < 2 ** 23) written += writeSync(file, piece)
      return written
    }
    case 'time':
      for (;;) Math.random()
  }
}

function fillFolder(excess: 'long files' | 'many files' | 'folder', folder: string): number {
  if (excess === 'folder') mkdirSync(`${folder}/folder`)
  const [count, length] = excess === 'long files' ? [8, 2 ** 22] : excess === 'many files' ? [3000, 0] : [0, 0]
  for (let i = 0; i < count; i++) writeFileSync(`${folder}/${i}`, Buffer.alloc(length, 1))
  return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0).length
}

function fail(): never {
  throw new Error('nothing came of it')
}

function answerOf(job: HostileJob): number | Promise<number> {
  if ('targets' in job) return tryAll(job.targets, threads)
  return 'folder' in job ? fillFolder(job.excess, job.folder) : exceed(job.excess, job.result)
}

const { sql } = JSON.parse(readFileSync(0, 'utf8')) as Job
const threads = Number(process.argv[3])
const job = JSON.parse(sql) as HostileJob
const rowCount = await answerOf(job)
process.stdout.write(JSON.stringify({ rowCount }))
