import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { roomSchema } from '@reinraum/client'
import { busTls, subjectOf } from '@reinraum/kit'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { LocalRoom } from './local-room.ts'
import { openPlatformFile } from './platform-file.ts'
import { startRoom } from './start-room.ts'
import { eventually, isAlive, processesOf } from './testing/processes.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const platformFile = fileURLToPath(new URL('../../../.local/e2e/simulated-platform.json', import.meta.url))
const keyServices = [
  { id: 'health-keys', custody: 'owner', operator: 'health' },
  { id: 'shared-keys', custody: 'attested' },
] as const
const startModule = new URL('./start-room.ts', import.meta.url).href

beforeAll(async () => {
  await openPlatformFile(platformFile, 'snp')
})

async function started(directory: string, options: { readonly natsAdmin?: boolean } = {}): Promise<LocalRoom> {
  const room = await startRoom({ directory, keyServices, platformFile, ...options })
  onTestFinished(() => room.stop())
  return room
}

function pidsOf(room: LocalRoom): number[] {
  return [...room.services.values()].map(({ pid }) => pid ?? expect.fail('a process does not run'))
}

async function opened(connection: Promise<NatsConnection>): Promise<NatsConnection> {
  const nc = await connection
  onTestFinished(() => nc.close())
  return nc
}

test('a room is NATS and each service as a process; it stops whole and starts again as the same room', async () => {
  const directory = temporaryFolder()
  const first = await started(directory)
  expect([...first.services.keys()].sort()).toEqual([
    'executor',
    'governance',
    'ingestion',
    'keys/health-keys',
    'keys/shared-keys',
    'nats',
    'release',
  ])
  expect(roomSchema.parse(JSON.parse(readFileSync(first.roomFile, 'utf8')))).toEqual(first.room)
  expect(Object.keys(first.room.keyServices)).toEqual(['health-keys', 'shared-keys'])
  expect(first.referenceValues().executor.snp?.roots).toEqual([
    { product: 'Genoa', sha256: first.platform.rootSha256, simulated: true },
  ])

  await expect(startRoom({ directory, platformFile })).rejects.toThrow(
    `process ${process.pid} runs a room in ${directory} already`,
  )

  const pids = pidsOf(first)
  const before = first.services.get('governance')?.pid
  await first.kill('governance')
  expect(first.services.get('governance')?.pid).toBeUndefined()
  await first.restart('governance')
  expect(first.services.get('governance')?.pid).not.toBe(before)

  await first.stop()
  expect(pids.filter(isAlive)).toEqual([])
  expect(existsSync(join(directory, 'lock'))).toBe(false)

  const second = await started(directory)
  expect(second.room).toEqual(first.room)
}, 240_000)

test('when whoever started a room is killed outright, everything of it ends, and the room can be started again', async () => {
  const directory = temporaryFolder()
  const code = `
    import { startRoom } from '${startModule}'
    const room = await startRoom({ directory: '${directory}', keyServices: [], platformFile: '${platformFile}' })
    console.log(JSON.stringify([...room.services.values()].map(({ pid }) => pid)))
    setInterval(() => {}, 1000)`
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning', '--input-type=module']
  const parent = spawn(process.execPath, [...flags, '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) => parent.stdout.once('data', (text: Buffer) => resolve(text.toString())))
  const pids: number[] = JSON.parse(line)
  expect(pids.length).toBe(5)
  expect(pids.every(isAlive)).toBe(true)
  const { scratch } = JSON.parse(readFileSync(join(directory, 'services', 'executor', 'config.json'), 'utf8'))
  expect(existsSync(scratch)).toBe(true)
  parent.kill('SIGKILL')
  await eventually(() => !pids.some(isAlive))

  const room = await startRoom({ directory, keyServices: [], platformFile })
  onTestFinished(() => room.stop())
  // It may have held decrypted data.
  expect(existsSync(scratch)).toBe(false)
}, 240_000)

test('NATS lets nobody in without a key, without TLS 1.3, or beyond its own subjects', async () => {
  const room = await started(temporaryFolder(), { natsAdmin: true })
  const [host = '', port = ''] = natsAddressOf(room)

  const ca = readFileSync(join(room.directory, 'pki', 'ca.pem'), 'utf8')
  await expect(connect({ servers: `tls://${host}:${port}`, tls: busTls(ca), timeout: 2000 })).rejects.toThrow(/authorization/i)
  await expect(connect({ servers: `tls://${host}:${port}`, timeout: 2000 })).rejects.toThrow()
  await expect(tls12(Number(port), ca)).rejects.toThrow()

  const queued = subjectOf(`sha256:${'0'.repeat(64)}`, 'run', 'queued')
  const ingestion = await opened(room.natsAs('ingestion'))
  const admin = await opened(room.natsAdmin())
  const seen: string[] = []
  admin.subscribe('>', { callback: (_, message) => void seen.push(message.subject) })
  await admin.flush()
  ingestion.publish(queued, 'x')
  ingestion.publish('$JS.API.STREAM.DELETE.EVENTS')
  ingestion.publish('anything')
  await ingestion.flush()
  await admin.flush()
  expect(seen.filter((subject) => !subject.startsWith('$JS.EVENT') && !subject.startsWith('_INBOX'))).toEqual([])
  const streams = await jetstreamManager(admin)
  expect((await streams.streams.info('WORK')).state.messages).toBe(0)

  const refused = Promise.withResolvers<Error | null>()
  ingestion.subscribe(queued, { callback: (error) => refused.resolve(error) })
  expect(String(await refused.promise)).toMatch(/permissions violation/i)
}, 240_000)

test('a part that does not start says why, and nothing of the room stays', async () => {
  const directory = temporaryFolder()
  const overrides = { release: { log: { level: 'nonsense' } } }
  const attempt = startRoom({ directory, keyServices: [], platformFile, overrides })
  await expect(attempt).rejects.toThrow(/^release ended with code 1; its log .* ends with:\n.*config\.json/s)
  expect(existsSync(join(directory, 'lock'))).toBe(false)
  const again = await startRoom({ directory, keyServices: [], platformFile })
  onTestFinished(() => again.stop())
}, 240_000)

test('a start that is interrupted ends at once, whatever it was about, and leaves nothing', async () => {
  for (const [moment, later] of [
    ['Preparing', 0],
    ['Starting NATS', 30],
    ['services', 0],
    ['services', 800],
  ] as const) {
    const directory = temporaryFolder()
    const abort = new AbortController()
    const reason = new Error('interrupted')
    let began = 0
    const onProgress = (what: string) => {
      if (!what.includes(moment)) return
      began = performance.now()
      setTimeout(() => abort.abort(reason), later)
    }
    const attempt = startRoom({ directory, keyServices: [], platformFile, onProgress, signal: abort.signal })
    await expect(attempt).rejects.toBe(reason)
    expect(performance.now() - began - later).toBeLessThan(5_000)
    expect({ moment, left: processesOf(directory), lock: existsSync(join(directory, 'lock')) }).toEqual({
      moment,
      left: [],
      lock: false,
    })
  }
}, 120_000)

function natsAddressOf(room: LocalRoom): string[] {
  const { listen } = JSON.parse(readFileSync(join(room.directory, 'nats', 'server.json'), 'utf8'))
  return listen.split(':')
}

// NATS speaks first, in the clear, and then expects TLS.
function tls12(port: number, ca: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('data', () => {
      const options = { socket, ca, servername: 'localhost', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
      const secure = connectTls(options, () => resolve())
      secure.once('error', reject)
    })
  })
}
