import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ensureNatsServer, isUsableVersion, unpackRelease } from '../bootstrap/nats-server.mjs'
import { temporaryFolder } from './testing/temporary-folder.ts'

/** A folder with a program that says it is this version of nats-server. */
function folderWith(version: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'nats-server'), `#!/bin/sh\necho "nats-server: v${version}"\n`)
  chmodSync(join(folder, 'nats-server'), 0o755)
  return folder
}

test('2.10 is the oldest that will do', () => {
  expect(['2.10.0', '2.10.27-1+b2', 'v2.11.17', '2.15.1', '3.0.0'].every(isUsableVersion)).toBe(true)
  expect(['2.9.10', '2.9.10-1+b3', '1.4.1', '', 'latest', '2.10'].some(isUsableVersion)).toBe(false)
})

test('a new enough one in PATH is taken', async () => {
  const [folder, old, good] = [join(temporaryFolder(), 'nats'), folderWith('2.9.10'), folderWith('2.12.3')]
  const found = await ensureNatsServer({ folder, path: `${old}:${good}` })
  expect(found).toEqual({ program: join(folder, 'nats-server'), version: '2.12.3' })
  expect(readlinkSync(found.program)).toBe(join(good, 'nats-server'))
  expect(readdirSync(folder).sort()).toEqual(['nats-server', 'origin.json'])
})

test('what was fetched before is taken without looking further', async () => {
  const folder = folderWith('2.10.27')
  expect(await ensureNatsServer({ folder, path: '' })).toEqual({ program: join(folder, 'nats-server'), version: '2.10.27' })
})

test('an interrupted search leaves no program and no half of one', async () => {
  const folder = join(temporaryFolder(), 'nats')
  const abort = new AbortController()
  const say = () => abort.abort()
  await expect(ensureNatsServer({ folder, path: '', say, signal: abort.signal })).rejects.toThrow('Interrupted')
  expect(readdirSync(folder)).toEqual([])
})

test('a release is unpacked only when it has exactly the pinned SHA-256', async () => {
  const workshop = temporaryFolder()
  const name = 'nats-server-v2.11.17-linux-amd64'
  mkdirSync(join(workshop, 'made', name), { recursive: true })
  writeFileSync(join(workshop, 'made', name, 'nats-server'), '#!/bin/sh\necho "nats-server: v2.11.17"\n', { mode: 0o755 })
  execFileSync('tar', ['-czf', join(workshop, 'made.tar.gz'), '-C', join(workshop, 'made'), name])
  const bytes = readFileSync(join(workshop, 'made.tar.gz'))
  const url = await serve(bytes)
  const options = { url, name, workshop, staged: join(workshop, 'staged') }

  const other = await unpackRelease({ ...options, sha256: '0'.repeat(64) })
  expect(other.problem).toMatch(/not the pinned SHA-256/)
  expect(existsSync(options.staged)).toBe(false)

  const pinned = await unpackRelease({ ...options, sha256: createHash('sha256').update(bytes).digest('hex') })
  expect(pinned).toEqual({ origin: url })
  expect(readFileSync(options.staged, 'utf8')).toContain('2.11.17')
})

test('a release that cannot be reached is a sentence', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const options = { name: 'x', sha256: '', workshop: temporaryFolder(), staged: '/nowhere' }
  const outcome = await unpackRelease({ ...options, url: `http://127.0.0.1:${port}/x.tar.gz` })
  expect(outcome).toEqual({ problem: `127.0.0.1:${port}: ECONNREFUSED` })
})

async function serve(bytes: Buffer): Promise<string> {
  const server = createServer((_, response) => response.end(bytes))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/release.tar.gz`
}
