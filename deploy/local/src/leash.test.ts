import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runLeashed, signalGroup, spawnLeashed } from '../bootstrap/leash.mjs'
import { eventually, isAlive } from './testing/processes.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const leash = new URL('../bootstrap/leash.mjs', import.meta.url)

/** A parent process that holds `sh -c <script>` on the leash. */
function parentOf(script: string) {
  const code = `import(${JSON.stringify(leash.href)}).then((m) => m.spawnLeashed('/bin/sh', ['-c', ${JSON.stringify(script)}]))`
  return spawn(process.execPath, ['-e', `${code}; setInterval(() => {}, 1000)`], { stdio: 'ignore' })
}

async function pidsIn(file: string, count: number): Promise<number[]> {
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split(/\s+/).map(Number) : [])
  await eventually(() => read().length === count)
  return read()
}

test('a process and all that it started end when their parent is killed outright', async () => {
  const file = join(temporaryFolder(), 'pids')
  const parent = parentOf(`sleep 600 & echo $$ $! > ${file}; trap '' TERM INT HUP; wait`)
  const pids = await pidsIn(file, 2)
  expect(pids.every(isAlive)).toBe(true)
  parent.kill('SIGKILL')
  await eventually(() => !pids.some(isAlive))
})

test('what a process leaves behind in its group ends with it', async () => {
  const file = join(temporaryFolder(), 'pids')
  const child = spawnLeashed('/bin/sh', ['-c', `sleep 600 & echo $$ $! > ${file}; sleep 1`])
  const [own = 0, left = 0] = await pidsIn(file, 2)
  expect(child.pid).toBe(own)
  await eventually(() => child.exitCode !== null)
  await eventually(() => !isAlive(left))
})

test('the exit code of the command is that of the child', async () => {
  expect(await runLeashed('/bin/sh', ['-c', 'echo out; echo err >&2; exit 7'])).toEqual({
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  })
})

test('a command that does not exist has an exit code, and what it needs ends in time', async () => {
  expect((await runLeashed('/nowhere/at-all', [])).code).toBe(127)
  // Ten minutes of sleep that are slept are no failure, and longer than a test may take.
  expect((await runLeashed('sleep', ['600'], { timeoutMs: 200 })).code).not.toBe(0)
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 200)
  expect((await runLeashed('sleep', ['600'], { signal: abort.signal })).code).not.toBe(0)
})

test('signals to a group that is gone are no error', async () => {
  const child = spawnLeashed('/bin/true', [])
  await eventually(() => child.exitCode !== null)
  await eventually(() => child.pid !== undefined && !isAlive(child.pid))
  expect(() => signalGroup(child, 'SIGTERM')).not.toThrow()
})
