import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { DescService } from '@bufbuild/protobuf'
import { KeyReleaseService, KeysService } from '@reinraum/proto'
import { createRpcClient } from '@reinraum/rpc'
import { createRequestToken, type Identity } from '@reinraum/statements'
import type { ChildRequest, ChildStart } from './key-service-child.ts'
import type { Room, RunningKeyService } from './room.ts'

const child = fileURLToPath(new URL('./key-service-child.ts', import.meta.url))

export interface KeyServiceProcess {
  readonly pid: number
  /** the room, with this process in place of its shared key service */
  readonly room: Room
  ask(request: ChildRequest): Promise<void>
  /** -9, as a power failure would */
  kill(): Promise<void>
}

/** Moves the room's shared key service into a process of its own: the same store, the same root key. */
export async function startKeyServiceProcess(room: Room): Promise<KeyServiceProcess> {
  const { authority } = room
  // What a test needs of its identity is public, and taken before it stops.
  const shared = { ...room.shared }
  await shared.stop()
  const execArgv = ['--conditions=source', '--disable-warning=ExperimentalWarning']
  const running = fork(child, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const start: ChildStart = {
    config: shared.config,
    authority: { ca: authority.ca.toString(), key: authority.key.toString() },
  }
  running.send(start)
  const { addresses } = (await answerOf(running)) as Pick<RunningKeyService, 'addresses'>
  const clients: { close(): void }[] = []
  const keep = <T extends { close(): void }>(client: T): T => {
    clients.push(client)
    return client
  }
  const id = shared.config.id
  const executor = keep(
    createRpcClient(KeyReleaseService, {
      address: addresses.services,
      tls: authority.issue('spiffe://reinraum/executor'),
      serverId: id,
    }),
  )
  const dial = <S extends DescService>(service: S, identity: Identity) =>
    keep(
      createRpcClient(service, {
        address: addresses.parties,
        tls: { ca: authority.ca },
        serverId: id,
        token: (method, body) => createRequestToken(identity, { audience: id, method, body }),
      }),
    )
  return {
    pid: running.pid as number,
    room: {
      ...room,
      shared: { ...shared, addresses, from: () => executor, as: (identity) => dial(KeysService, identity), asOf: dial },
    },
    async ask(request) {
      running.send(request)
      await answerOf(running)
    },
    async kill() {
      for (const client of clients) client.close()
      if (running.exitCode !== null || running.signalCode !== null) return
      const ended = once(running, 'exit')
      running.kill('SIGKILL')
      await ended
    },
  }
}

async function answerOf(running: ChildProcess): Promise<unknown> {
  const ended = once(running, 'exit').then(([code]) => {
    throw new Error(`the key service ended with ${code}`)
  })
  const [answer] = await Promise.race([once(running, 'message'), ended])
  return answer
}
