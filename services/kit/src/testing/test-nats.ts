import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createUser } from '@nats-io/nkeys'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { createAuthority } from '@reinraum/pki'
import type { BusConfig } from '../bus/bus.ts'
import { busTls } from '../bus/bus-tls.ts'
import { inboxOf, type Permissions, permissionsOf } from '../bus/permissions.ts'
import { provisionStreams } from '../bus/streams.ts'
import { freePort } from './free-port.ts'
import { killProcess } from './kill-process.ts'
import { natsBinary } from './nats-binary.ts'

/** A real nats-server with TLS 1.3 and one NKEY user per service, each with `permissionsOf` and nothing else. */
export interface TestNats {
  readonly url: string
  /** What a service is configured with. */
  config(serviceId: string): BusConfig
  /** A bare connection with a service's credential. */
  connectAs(serviceId: string): Promise<NatsConnection>
  /** -9, as a crash or a loss of power does it. */
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startTestNats(serviceIds: readonly string[]): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'reinraum-nats-'))
  const port = await freePort()
  const url = `tls://127.0.0.1:${port}`
  const tls = createAuthority().issue('127.0.0.1', 'localhost')
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 })
    return join(folder, name)
  }
  const files = { ca: write('ca.pem', tls.ca), cert: write('cert.pem', tls.cert), key: write('key.pem', tls.key) }
  const users = [...serviceIds, 'provisioner'].map((id) => {
    const pair = createUser()
    const seed = write(`${id.replace('/', '-')}.nk`, Buffer.from(pair.getSeed()))
    return { id, nkey: pair.getPublicKey(), seed, permissions: permissionsOf(id) }
  })
  mkdirSync(join(folder, 'jetstream'))
  const configFile = write('nats.conf', serverConfig({ port, files, store: join(folder, 'jetstream'), users }))
  let server = await start(configFile, port)

  const config = (id: string): BusConfig => {
    const user = users.find((candidate) => candidate.id === id)
    if (user === undefined) throw new Error(`no user ${id}`)
    return { id, nats: { servers: url, seed: user.seed, ca: files.ca, inbox: inboxOf(id) } }
  }
  const connectAs = (id: string): Promise<NatsConnection> => {
    const { nats } = config(id)
    const authenticator = nkeyAuthenticator(seedOf(users.find((user) => user.id === id)?.seed ?? ''))
    return connect({ servers: url, authenticator, tls: busTls(tls.ca.toString()), inboxPrefix: nats.inbox, reconnect: false })
  }
  const provisioner = await connectAs('provisioner')
  await provisionStreams(provisioner, serviceIds)
  await provisioner.close()

  return {
    url,
    config,
    connectAs,
    kill: () => killProcess(server),
    async restart() {
      server = await start(configFile, port)
    },
    async stop() {
      await killProcess(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function seedOf(file: string): Uint8Array {
  return new Uint8Array(readFileSync(file))
}

interface ServerOptions {
  readonly port: number
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string }
  readonly store: string
  readonly users: readonly { readonly nkey: string; readonly permissions: Permissions }[]
}

// The configuration language is a superset of JSON.
function serverConfig({ port, files, store, users }: ServerOptions): string {
  return JSON.stringify({
    host: '127.0.0.1',
    port,
    tls: { cert_file: files.cert, key_file: files.key, ca_file: files.ca, min_version: '1.3' },
    jetstream: { store_dir: store, sync_interval: 'always', max_file_store: 1024 ** 3, max_memory_store: 0 },
    authorization: {
      users: users.map(({ nkey, permissions }) => ({
        nkey,
        permissions: { publish: { allow: permissions.publish }, subscribe: { allow: permissions.subscribe } },
      })),
    },
  })
}

async function start(configFile: string, port: number): Promise<ChildProcess> {
  const server = spawn(natsBinary(), ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  const log: string[] = []
  server.stderr?.on('data', (text: Buffer) => log.push(text.toString()))
  for (let i = 0; i < 200; i++) {
    if (server.exitCode !== null) throw new Error(`nats-server ended:\n${log.join('')}`)
    if (log.join('').includes('Server is ready')) return server
    await sleep(50)
  }
  await killProcess(server)
  throw new Error(`nats-server does not get ready on ${port}:\n${log.join('')}`)
}
