import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { roomSchema } from '@reinraum/client'
import { busTls, subjectOf } from '@reinraum/kit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
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

function pidsOf(room: LocalRoom): number[] {
  return [...room.services.values()].map(({ pid }) => pid ?? expect.fail('a process does not run'))
}

async function opened(connection: Promise<NatsConnection>): Promise<NatsConnection> {
  const nc = await connection
  onTestFinished(() => nc.close())
  return nc
}

describe('a room', () => {
  const directory = mkdtempSync(join(tmpdir(), 'reinraum-room-'))
  const start = () => startRoom({ directory, keyServices, platformFile, natsAdmin: true })
  let room: LocalRoom
  beforeAll(async () => {
    room = await start()
  }, 120_000)
  afterAll(async () => {
    await room.stop()
    rmSync(directory, { recursive: true })
  })

  test('is NATS and each service as a process', async () => {
    expect([...room.services.keys()].sort()).toEqual([
      'executor',
      'governance',
      'ingestion',
      'keys/health-keys',
      'keys/shared-keys',
      'nats',
      'release',
    ])
    expect(roomSchema.parse(JSON.parse(readFileSync(room.roomFile, 'utf8')))).toEqual(room.room)
    expect(Object.keys(room.room.keyServices)).toEqual(['health-keys', 'shared-keys'])
    expect(room.referenceValues().executor.snp?.roots).toEqual([
      { product: 'Genoa', sha256: room.platform.rootSha256, simulated: true },
    ])
  })

  test('lets nobody into its NATS without a key, without TLS 1.3, or beyond its own subjects', async () => {
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
    // What the services themselves ask of their streams may pass meanwhile.
    expect(seen.filter((subject) => !/^(\$JS\.(EVENT|ACK|API\.CONSUMER\.MSG\.NEXT)\.|_INBOX)/.test(subject))).toEqual([])
    const streams = await jetstreamManager(admin)
    expect((await streams.streams.info('WORK')).state.messages).toBe(0)

    const refused = Promise.withResolvers<Error | null>()
    ingestion.subscribe(queued, { callback: (error) => refused.resolve(error) })
    expect(String(await refused.promise)).toMatch(/permissions violation/i)
  })

  test('stops whole, and starts again as the same room', async () => {
    await expect(startRoom({ directory, platformFile })).rejects.toThrow(
      `process ${process.pid} runs a room in ${directory} already`,
    )

    const pids = pidsOf(room)
    const before = room.services.get('governance')?.pid
    await room.kill('governance')
    expect(room.services.get('governance')?.pid).toBeUndefined()
    await room.restart('governance')
    expect(room.services.get('governance')?.pid).not.toBe(before)

    await room.stop()
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(join(directory, 'lock'))).toBe(false)

    const first = room.room
    room = await start()
    expect(room.room).toEqual(first)
  }, 120_000)
})

test('when a part does not start, which says why, or whoever started the room is killed outright, everything of it ends, and it can be started again', async () => {
  const directory = temporaryFolder()
  const overrides = { release: { log: { level: 'nonsense' } } }
  const attempt = startRoom({ directory, keyServices: [], platformFile, overrides })
  await expect(attempt).rejects.toThrow(/^release ended with code 1; its log .* ends with:\n.*config\.json/s)
  expect(existsSync(join(directory, 'lock'))).toBe(false)

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
  expect(pids.some((pid) => existsSync(`/proc/${pid}/root${scratch}`))).toBe(true)
  parent.kill('SIGKILL')
  await eventually(() => !pids.some(isAlive))

  const room = await startRoom({ directory, keyServices: [], platformFile })
  onTestFinished(() => room.stop())
  // It may have held decrypted data.
  expect(existsSync(scratch)).toBe(false)
}, 240_000)

test('a start that is interrupted goes no further, whatever it was about, and leaves nothing', async () => {
  for (const [moment, started] of [
    ['Preparing', 0],
    ['Starting NATS', 1],
    ['services', 0],
    ['services', 1],
  ] as const) {
    const directory = temporaryFolder()
    const abort = new AbortController()
    const reason = new Error('interrupted')
    const further: string[] = []
    const onProgress = (what: string) => {
      if (abort.signal.aborted) further.push(what)
      if (!what.includes(moment)) return
      const count = processesOf(directory).length + started
      void eventually(() => processesOf(directory).length >= count).then(() => abort.abort(reason))
    }
    const attempt = startRoom({ directory, keyServices: [], platformFile, onProgress, signal: abort.signal })
    await expect(attempt).rejects.toBe(reason)
    expect({ moment, further, left: processesOf(directory), lock: existsSync(join(directory, 'lock')) }).toEqual({
      moment,
      further: [],
      left: [],
      lock: false,
    })
    // Whoever waited for the services would find that all of them serve.
    const logs = ['executor', 'governance', 'ingestion', 'release'].map((name) => join(directory, 'logs', `${name}.log`))
    expect(logs.every((log) => existsSync(log) && readFileSync(log, 'utf8').includes('"serving"'))).toBe(false)
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
