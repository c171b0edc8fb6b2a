import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { forbidCoreDumps } from './forbid-core-dumps.ts'

const child = fileURLToPath(new URL('../testing/core-dump-child.ts', import.meta.url))

async function underLimit(limit: string): Promise<string> {
  const script = `ulimit ${limit}; exec "$0" "$@"`
  const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, '--conditions=source', child])
  return stdout.trim()
}

test('a process under `ulimit -c 0` leaves no mapping in a dump', async () => {
  expect(await underLimit('-c 0')).toBe('filter 00000000')
})

test('a process that may leave core dumps, now or after raising its own limit, is refused', async () => {
  expect(await underLimit('-c unlimited')).toBe('unsupported')
  expect(await underLimit('-S -c 0')).toBe('unsupported')
})

test('where the system says nothing about dumps, it is refused too', async () => {
  const refused = { code: 'unsupported' }
  const nowhere = { filter: '/proc/self/no-such-file', limits: '/proc/self/limits' }
  await expect(forbidCoreDumps(nowhere)).rejects.toMatchObject(refused)
  await expect(forbidCoreDumps({ filter: '/dev/null', limits: '/dev/null' })).rejects.toMatchObject(refused)
})
