import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { DescService } from '@bufbuild/protobuf'
import type { ErrorCode } from '@reinraum/crypto'
import { ReinraumError } from '@reinraum/crypto'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { createRpcClient } from '@reinraum/rpc'
import { createRequestToken, type Identity } from '@reinraum/statements'
import { bundledChild } from './bundled-child.ts'
import type { ChildAnswer, ChildRequest, ChildStart } from './key-service-child.ts'
import type { Room, RunningKeyService } from './room.ts'

export interface KeyServiceProcess {
  readonly pid: number
  /** the room, with this process in place of its shared key service */
  readonly room: Room
  /** the same room once for each key service of the process */
  readonly rooms: readonly Room[]
  ask(request: ChildRequest): Promise<ChildAnswer>
  /** Runs SQL behind the back of the service, all of it in one transaction, and gives the rows of each statement. */
  sql(...statements: readonly string[]): Promise<readonly (readonly Record<string, unknown>[])[]>
  /** when the process is gone, however that came */
  readonly ended: Promise<unknown>
  /** -9, as a power failure would */
  kill(): Promise<void>
}

export interface ProcessOptions {
  /** a command that makes the process's surroundings and then runs what follows it in its own place */
  readonly through?: readonly string[]
  /** a folder for what V8 compiles, of who starts so many that the start is what they cost; it asks one of them to fill it */
  readonly compiled?: string
  /** folders of the stores of further key services in the same process, each of them a copy of the room's shared one */
  readonly besides?: readonly string[]
}

/**
 * Moves the room's shared key service into a process of its own: the same store, the same root key.
 * @throws ReinraumError with what the service refuses to start
 */
export async function startKeyServiceProcess(
  room: Room,
  { through = [], compiled, besides = [] }: ProcessOptions = {},
): Promise<KeyServiceProcess> {
  // What a test needs of its identity is public, and taken before it stops.
  const shared = { ...room.shared }
  await shared.stop()
  const bundled = await bundledChild()
  // A process that does not live long has no need to collect its garbage.
  const flags = ['--disable-warning=ExperimentalWarning', '--min-semi-space-size=32', '--max-semi-space-size=64']
  const [command = '', ...rest] = [...through, process.execPath, ...flags, bundled.file]
  // What was compiled once is there for the next start.
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled ?? bundled.compiled }
  const running = spawn(command, rest, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(running, 'exit')
  const { authority } = room
  const start: ChildStart = {
    configs: [shared.config, ...besides.map((data) => ({ ...shared.config, data }))],
    authority: { ca: authority.ca.toString(), key: authority.key.toString() },
  }
  running.send(start)
  const started = await answerOf(running)
  if ('refused' in started) {
    await ended
    throw new ReinraumError(started.refused as ErrorCode, started.message)
  }
  if (!('addresses' in started)) throw new Error('the key service said something else than where it is')
  const dialers = started.addresses.map((addresses) => ({ addresses, ...dialer(room, shared.config.id, addresses) }))
  const rooms = dialers.map(({ addresses, calls }, i): Room => {
    const data = i === 0 ? shared.config.data : (besides[i - 1] ?? '')
    return { ...room, shared: { ...shared, config: { ...shared.config, data }, addresses, ...calls } }
  })
  const ask = async (request: ChildRequest) => {
    running.send(request)
    return answerOf(running)
  }
  if (compiled === undefined) await ask({ compiled: true })
  return {
    pid: running.pid as number,
    room: rooms[0] as Room,
    rooms,
    ask,
    async sql(...statements) {
      const answer = await ask({ sql: statements })
      return 'rows' in answer ? answer.rows : []
    },
    ended,
    async kill() {
      for (const { close } of dialers) close()
      if (running.exitCode === null && running.signalCode === null) running.kill('SIGKILL')
      await ended
    },
  }
}

function dialer({ authority }: Room, id: string, addresses: RunningKeyService['addresses']) {
  const clients: { close(): void }[] = []
  const keep = <T extends { close(): void }>(client: T): T => {
    clients.push(client)
    return client
  }
  const executor = keep(
    createRpcClient(KeyReleaseService, {
      address: addresses.services,
      tls: authority.issue('spiffe://reinraum/executor'),
      serverId: id,
    }),
  )
  const asOf = <S extends DescService>(service: S, identity: Identity) =>
    keep(
      createRpcClient(service, {
        address: addresses.parties,
        tls: { ca: authority.ca },
        serverId: id,
        token: (method, body) => createRequestToken(identity, { audience: id, method, body }),
      }),
    )
  const calls = { from: () => executor, asOf, as: (identity: Identity) => asOf(KeysService, identity) }
  return {
    calls,
    close() {
      for (const client of clients) client.close()
    },
  }
}

async function answerOf(running: ChildProcess): Promise<ChildAnswer> {
  const waiting = new AbortController()
  const { signal } = waiting
  const ended = once(running, 'exit', { signal }).then(([code]) => {
    throw new Error(`the key service ended with ${code}`)
  })
  try {
    const [answer] = await Promise.race([once(running, 'message', { signal }), ended])
    return answer as ChildAnswer
  } finally {
    ended.catch(() => undefined)
    waiting.abort()
  }
}
