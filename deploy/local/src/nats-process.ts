import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { busTls, inboxOf } from '@reinraum/kit'
import { ensureNatsServer } from '../bootstrap/nats-server.mjs'
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

export interface NatsAccess {
  /** host:port */
  readonly address: string
  /** PEM file */
  readonly ca: string
  /** name of a user → file with its seed */
  readonly seeds: ReadonlyMap<string, string>
}

/** Connects as one of the room's NATS users, with what that user may do and nothing more. */
export async function connectNats({ address, ca, seeds }: NatsAccess, user: string): Promise<NatsConnection> {
  const seed = seeds.get(user)
  if (seed === undefined) throw new TypeError(`there is no NATS user ${user}`)
  return await connect({
    servers: `tls://${address}`,
    name: user,
    authenticator: nkeyAuthenticator(new Uint8Array(await readFile(seed))),
    tls: busTls(await readFile(ca, 'utf8')),
    inboxPrefix: inboxOf(user),
    timeout: 2_000,
    maxReconnectAttempts: 5,
    reconnectTimeWait: 200,
  })
}

/** Prepares the room's nats-server; the program itself was put into `.local/nats` before, or is fetched now. */
export async function superviseNats(options: {
  readonly configFile: string
  readonly logFile: string
  readonly cwd: string
  readonly access: NatsAccess
  readonly onUnexpectedExit: (name: string, how: string) => void
}): Promise<SupervisedProcess> {
  const { configFile, access, ...rest } = options
  const { program } = await ensureNatsServer({ folder: join(repository, '.local', 'nats') })
  return superviseProcess({
    ...rest,
    name: 'nats',
    command: program,
    args: ['--config', configFile],
    ready: () => isReady(access),
  })
}

async function isReady(access: NatsAccess): Promise<boolean> {
  try {
    const connection = await connectNats(access, 'provisioner')
    await connection.close()
    return true
  } catch {
    return false
  }
}
