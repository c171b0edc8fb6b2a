import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, loadPackageDefinition } from '@grpc/grpc-js'
import { createAuthority } from '@reinraum/pki'
import { ObjectService } from '@reinraum/proto'
import { createRpcClient, type TlsIdentity } from '@reinraum/rpc'
import { service as healthDefinition } from 'grpc-health-check'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { killProcess } from '../testing/kill-process.ts'

const someObject = { objectId: `sha256:${'a'.repeat(64)}` }
const authority = createAuthority()
const own = authority.issue('127.0.0.1', 'spiffe://reinraum/governance')
const peer = authority.issue('spiffe://reinraum/executor')

interface Running {
  readonly process: ChildProcess
  readonly parties: string
  readonly services: string
  readonly ended: Promise<number | null>
  log(): string
}

async function started(fault: string, settings: object = {}, environment: NodeJS.ProcessEnv = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-service-'))
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const [parties, services] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const log = write('service.log', '')
  const ca = write('ca.pem', own.ca)
  const config = write(
    'config.json',
    JSON.stringify({
      id: 'governance',
      listen: { parties, services },
      tls: { ca, cert: write('cert.pem', own.cert), key: write('key.pem', own.key) },
      nats: { servers: 'tls://127.0.0.1:1', seed: '/none', ca, inbox: '_INBOX_governance' },
      data: folder,
      log: { level: 'info', file: log },
      fault,
      ...settings,
    }),
  )
  const main = join(import.meta.dirname, '../testing/service-child.ts')
  const process_ = spawn(
    process.execPath,
    ['--conditions=source', '--disable-warning=ExperimentalWarning', main, '--config', config],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    },
  )
  const ended = new Promise<number | null>((resolve) => process_.once('exit', resolve))
  onTestFinished(async () => {
    await killProcess(process_)
    rmSync(folder, { recursive: true, force: true })
  })
  return { process: process_, parties, services, ended, log: () => readFileSync(log, 'utf8') }
}

const health = (address: string, tls: { ca: Buffer } | TlsIdentity, service = '') =>
  new Promise<string>((resolve) => {
    const Health = loadPackageDefinition({ Health: healthDefinition }).Health as unknown as new (
      ...args: unknown[]
    ) => {
      check(request: object, options: object, done: (error: Error | null, answer?: { status: string }) => void): void
      close(): void
    }
    const [key, cert] = 'key' in tls ? [tls.key, tls.cert] : [null, null]
    const client = new Health(address, credentials.createSsl(tls.ca, key, cert))
    client.check({ service }, { deadline: Date.now() + 2000 }, (error, answer) => {
      client.close()
      resolve(error === null ? (answer?.status ?? '') : 'unreachable')
    })
  })

async function serving(running: Running): Promise<void> {
  // Nothing listens before that, and to ask over TLS takes as much of the processor as the start.
  await expect.poll(() => running.log()).toContain('"serving"')
  expect(await health(running.services, peer)).toBe('SERVING')
}

test('health says SERVING once everything has started: to services with a certificate, to parties without a token', async () => {
  const running = await started('none')
  await serving(running)
  expect(await health(running.parties, { ca: own.ca })).toBe('SERVING')
  expect(await health(running.services, { ca: own.ca })).toBe('unreachable')
})

test('a service that is sealed is alive, but does not serve until it is opened, and says so on both ports', async () => {
  const running = await started('sealed')
  await serving(running)
  const both = (service: string) =>
    Promise.all([health(running.services, peer, service), health(running.parties, { ca: own.ca }, service)])
  expect(await both('')).toEqual(['SERVING', 'SERVING'])
  expect(await both('test.Open')).toEqual(['SERVING', 'SERVING'])
  expect(await both('test.Sealed')).toEqual(['NOT_SERVING', 'NOT_SERVING'])
  expect(await both('test.Unheard')).toEqual(['unreachable', 'unreachable'])
  running.process.kill('SIGUSR2')
  await expect.poll(() => both('test.Sealed')).toEqual(['SERVING', 'SERVING'])
})

test('a caller beyond the configured rate is refused', async () => {
  const once = { burst: 1, perSecond: 0.001 }
  const running = await started('none', { callLimits: { services: { perCaller: once } } })
  await serving(running)
  const client = createRpcClient(ObjectService, { address: running.services, tls: peer, serverId: 'governance' })
  onTestFinished(() => client.close())
  await client.statObject(someObject)
  await expect(client.statObject(someObject)).rejects.toMatchObject({ code: 'resource-exhausted' })
  await serving(running)
})

test('SIGTERM lets the call in flight end, stops the service and exits with 0', async () => {
  const running = await started('none')
  await serving(running)
  const client = createRpcClient(ObjectService, { address: running.services, tls: peer, serverId: 'governance' })
  const call = client.statObject(someObject)
  await expect.poll(() => running.log()).toContain('a call began')
  running.process.kill('SIGTERM')
  expect((await call).length).toBe(1n)
  client.close()
  expect(await running.ended).toBe(0)
  expect(running.log()).toContain('service stopped')
})

test('a second signal ends a stop that hangs', async () => {
  const running = await started('stop-hangs')
  await serving(running)
  running.process.kill('SIGINT')
  await expect.poll(() => running.log()).toContain('"stopping"')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(running.process.exitCode).toBeNull()
  running.process.kill('SIGINT')
  expect(await running.ended).toBe(130)
})

test('a stop that hangs ends by itself, with 1', async () => {
  const running = await started('stop-hangs', {}, { STOP_WITHIN_MS: '500' })
  await serving(running)
  running.process.kill('SIGTERM')
  expect(await running.ended).toBe(1)
})

test('a signal during a slow start ends the process', async () => {
  const running = await started('slow-start')
  await expect.poll(() => running.log()).toContain('"starting"')
  running.process.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})

test.each(['start', 'rejection', 'stop-fails'])(
  'a failure (%s) ends the process with 1, and its text is not logged',
  async (fault) => {
    const running = await started(fault)
    if (fault === 'stop-fails') {
      await serving(running)
      running.process.kill('SIGTERM')
    }
    expect(await running.ended).toBe(1)
    expect(running.log()).toContain('"fatal"')
    expect(running.log()).not.toContain('canary')
  },
)

test('a configuration that is wrong is said in one sentence, without a stack', async () => {
  const running = await started('unknown-fault')
  let said = ''
  running.process.stderr?.on('data', (text: Buffer) => {
    said += text.toString()
  })
  expect(await running.ended).toBe(1)
  expect(said).toContain('fault')
  expect(said).not.toMatch(/^\s+at /m)
})
