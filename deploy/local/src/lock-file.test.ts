import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acquireLock, isRunning, startOf, waitForLock } from '../bootstrap/lock-file.mjs'
import { temporaryFolder } from './testing/temporary-folder.ts'

const lockFile = new URL('../bootstrap/lock-file.mjs', import.meta.url).href

function runNode(code: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => parts.push(part))
    child.once('close', () => resolve(Buffer.concat(parts).toString()))
  })
}

test('a lock that somebody holds names its holder, and is free after its release', () => {
  const file = join(temporaryFolder(), 'lock')
  const lock = acquireLock(file)
  expect(acquireLock(file)).toEqual({ holder: process.pid })
  lock.release?.()
  expect(existsSync(file)).toBe(false)
  acquireLock(file).release?.()
})

test('the lock of a process that was killed is taken over', async () => {
  const file = join(temporaryFolder(), 'lock')
  await runNode(`import { acquireLock } from '${lockFile}'; acquireLock('${file}'); process.kill(process.pid, 'SIGKILL')`)
  expect(existsSync(file)).toBe(true)
  const lock = acquireLock(file)
  expect(lock.holder).toBeUndefined()
  expect(JSON.parse(readFileSync(file, 'utf8')).pid).toBe(process.pid)
  lock.release?.()
})

test('a lock whose number belongs to another process by now is taken over', () => {
  const file = join(temporaryFolder(), 'lock')
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: '1' }))
  expect(acquireLock(file).holder).toBeUndefined()
})

test('a lock that says nothing sensible is taken over', () => {
  const file = join(temporaryFolder(), 'lock')
  for (const content of ['', 'x', '{}', '{"pid":-1}', '{"pid":"1"}', '[]', 'null']) {
    writeFileSync(file, content)
    const lock = acquireLock(file)
    expect({ content, holder: lock.holder }).toEqual({ content, holder: undefined })
    lock.release?.()
  }
})

test('of many processes that find the same stale lock, one at a time holds it', async () => {
  const folder = temporaryFolder()
  const [file, log] = [join(folder, 'lock'), join(folder, 'log')]
  writeFileSync(file, JSON.stringify({ pid: 999_999, started: '1' }))
  const code = `
    import { waitForLock } from '${lockFile}'
    import { appendFileSync } from 'node:fs'
    for (let i = 0; i < 5; i++) {
      const lock = await waitForLock('${file}', { say() {}, doing: '' })
      appendFileSync('${log}', '+')
      await new Promise((resolve) => setTimeout(resolve, 2))
      appendFileSync('${log}', '-')
      lock.release()
    }`
  await Promise.all(Array.from({ length: 4 }, () => runNode(code)))
  expect(readFileSync(log, 'utf8')).toBe('+-'.repeat(20))
})

test('whoever waits says once for whom, and an aborted wait ends', async () => {
  const file = join(temporaryFolder(), 'lock')
  const lock = acquireLock(file)
  const said: string[] = []
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 700)
  const options = { say: (line: string) => said.push(line), doing: 'installing', signal: abort.signal }
  await expect(waitForLock(file, options)).rejects.toThrow('Interrupted')
  expect(said).toEqual([`Another start (process ${process.pid}) is installing; waiting for it`])
  lock.release?.()
})

test('a process is told from a later one with its number by when it began', () => {
  expect(isRunning(process.pid, startOf(process.pid))).toBe(true)
  expect(isRunning(process.pid, '1')).toBe(false)
  expect(isRunning(999_999, null)).toBe(false)
})
