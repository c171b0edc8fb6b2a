import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { inOwnMemory } from './own-memory.ts'

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0
const name = `/dev/shm/reinraum-test-${crypto.randomUUID()}`
const program = `require('fs').writeFileSync('${name}', 'decrypted'); console.log(process.pid); setInterval(() => {}, 1000)`

async function started(env?: NodeJS.ProcessEnv) {
  const child = spawn('/bin/sh', ['-c', await inOwnMemory(), process.execPath, '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const [line] = await once(child.stdout, 'data')
  return { child, ended, said: Number(String(line)) }
}

test.runIf(mayMount)('what a program writes to its own memory nobody else finds there', async () => {
  const { child, said } = await started()
  expect(said).toBe(child.pid)
  expect(existsSync(name)).toBe(false)
  expect(await readFile(`/proc/${child.pid}/root${name}`, 'utf8')).toBe('decrypted')
  const mounts = await readFile(`/proc/${child.pid}/mountinfo`, 'utf8')
  expect(mounts).toMatch(/ \/dev\/shm rw,nosuid,nodev,noexec,\S+ - tmpfs none rw,.*mode=700/)
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toMatch(/ \/dev\/shm .* - tmpfs none /)
})

test('a user who may not mount has the memory of all', async () => {
  onTestFinished(() => void spawnSync('rm', ['-f', name]))
  const { child, said } = await started({ PATH: '/nowhere' })
  expect(said).toBe(child.pid)
  expect(existsSync(name)).toBe(true)
})
