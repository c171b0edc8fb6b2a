import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ObjectStore, openObjectFolder } from '@reinraum/kit'
import { createAuthority } from '@reinraum/pki'
import { IngestionService, ObjectService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'
import type { Identity } from '@reinraum/statements'
import { openServicePorts } from '@reinraum/testing'
import { onTestFinished } from 'vitest'
import { type Ingestion, type IngestionLimits, ingestionLimits } from '../ingestion.ts'
import { portsOf } from '../service.ts'
import { openIngestionStore } from '../store.ts'
import { createTurns } from '../turns.ts'

const authority = createAuthority()

export interface RunningIngestion extends Ingestion {
  readonly folder: string
  party(identity: Identity): Client<typeof IngestionService>
  service(id: string): Client<typeof ObjectService>
  /** Ends the process's part of the service; what is on the disk stays. */
  stop(): Promise<void>
}

/** The service on real ports, over a folder that outlives it when given. */
export async function startIngestion(
  options: {
    readonly folder?: string
    readonly objects?: ObjectStore
    readonly limits?: Partial<IngestionLimits>
    readonly now?: () => Date
  } = {},
): Promise<RunningIngestion> {
  const folder = options.folder ?? (await temporaryFolder())
  const ingestion: Ingestion = {
    store: await openIngestionStore(join(folder, 'ingestion.db')),
    objects: options.objects ?? (await openObjectFolder(join(folder, 'objects'))),
    turns: createTurns(),
    limits: { ...ingestionLimits, ...options.limits },
    now: options.now ?? (() => new Date()),
  }
  const ports = await openServicePorts({
    id: 'ingestion',
    authority,
    ports: portsOf(ingestion),
    called: { parties: IngestionService, services: ObjectService },
  })
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= (async () => {
      await ports.stop()
      await ingestion.store.close()
    })()
    return stopped
  }
  onTestFinished(stop)
  return {
    ...ingestion,
    folder,
    party: ports.party,
    service: ports.service,
    stop,
  }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reinraum-ingestion-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
