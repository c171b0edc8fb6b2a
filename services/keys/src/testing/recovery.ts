import { appendFile, mkdir } from 'node:fs/promises'
import { type Authority, createAuthority } from '@reinraum/pki'
import { LogLock, RecoveryService, RunDirectoryService } from '@reinraum/proto'
import { implement } from '@reinraum/rpc'
import type { Agreement } from './agreement.ts'
import {
  type PartyName,
  type Room,
  type RoomOptions,
  type RunningKeyService,
  type SharedConfig,
  serveAs,
  startKeyService,
  startRoom,
} from './room.ts'

/** A room whose shared key service has the officer as administrator, and whose governance shows what a test wants it to. */
export interface RecoveryRoom extends Room {
  /** contract id → what governance shows */
  readonly directory: Map<string, { readonly contract: Uint8Array; readonly revocations: Uint8Array[] }>
  /** Starts the shared service (again), on the same folder or another one; parts of its configuration may differ there. */
  start(folder?: string, changes?: SharedConfig): Promise<RunningKeyService>
}

export async function startRecoveryRoom(options: Pick<RoomOptions, 'shared'> = {}): Promise<RecoveryRoom> {
  const authority: Authority = createAuthority()
  const directory: RecoveryRoom['directory'] = new Map()
  const governance = await serveAs(
    authority,
    'governance',
    implement(RunDirectoryService, {
      getRunBundle: () => Promise.reject(new Error('nobody asks')),
      getRevocations: async ({ contractId }) => directory.get(contractId) ?? { contract: new Uint8Array(), revocations: [] },
    }),
  )
  const address = `127.0.0.1:${governance.port}`
  const room = await startRoom({
    authority,
    governance: address,
    shared: (file) => ({ administrators: [file('officer')], ...options.shared?.(file) }),
  })
  return {
    ...room,
    directory,
    async start(folder = room.folder, changes = {}) {
      await mkdir(folder, { recursive: true })
      const own = { ...room.shared.config, ...changes }
      return startKeyService({ folder, authority, clock: room.clock, governance: address, own })
    },
    async stop() {
      await room.stop()
      await governance.stop()
    },
  }
}

/** Everything that a backup's stream holds, in a file. */
export async function backUp(room: Room, service: RunningKeyService, file: string): Promise<string> {
  for await (const { data } of service.asOf(RecoveryService, room.parties.officer).createBackup({})) await appendFile(file, data)
  return file
}

export async function releasesOf(agreement: Agreement, service: RunningKeyService): Promise<Uint8Array[]> {
  return (await service.as(agreement.room.parties.bird).listReleases({ contractId: agreement.id })).releases
}

/** Shows releases, and says what became of the lock. */
export async function present(
  agreement: Agreement,
  service: RunningKeyService,
  releases: Uint8Array[],
  as: PartyName = 'analyst',
) {
  const client = service.asOf(RecoveryService, agreement.room.parties[as])
  const { state } = await client.presentReleases({ contractId: agreement.id, releases })
  return nameOf(state?.lock)
}

/** Confirms the end of the log that the service itself shows. */
export async function confirm(agreement: Agreement, service: RunningKeyService, as: PartyName) {
  const client = service.asOf(RecoveryService, agreement.room.parties[as])
  const { state } = await client.getLogState({ contractId: agreement.id })
  const { sequence = 0, releaseId = '' } = state ?? {}
  const confirmed = await client.confirmLog({ contractId: agreement.id, sequence, releaseId })
  return { lock: nameOf(confirmed.state?.lock), awaited: confirmed.state?.awaited }
}

function nameOf(lock: LogLock | undefined): string | undefined {
  return Object.entries(LogLock).find(([, value]) => value === lock)?.[0]
}
