import { type Kit, openObjects, type Service, startOutboxRelay } from '@reinraum/kit'
import { IngestionService, ObjectService } from '@reinraum/proto'
import { type Caller, implement } from '@reinraum/rpc'
import { dropAbandoned } from './abandoned.ts'
import type { IngestionConfig } from './config.ts'
import { type Ingestion, ingestionLimits } from './ingestion.ts'
import { resumeCommits } from './resume-commits.ts'
import { beginUpload } from './rpc/begin-upload.ts'
import { commitUpload } from './rpc/commit-upload.ts'
import { discardUpload } from './rpc/discard-upload.ts'
import { readObject } from './rpc/read-object.ts'
import { statObject } from './rpc/stat-object.ts'
import { uploadParts } from './rpc/upload-parts.ts'
import { openIngestionStore } from './store.ts'
import { createTurns } from './turns.ts'

const sweepMs = 3600 * 1000

export async function startIngestion(config: IngestionConfig, kit: Kit): Promise<Service> {
  const store = await openIngestionStore(kit.dataPath('ingestion.db'))
  const objects = await openObjects(config.objects ?? { kind: 'folder', path: kit.dataPath('objects') })
  const limits = { ...ingestionLimits, bytesPerUpload: config.maxUploadBytes ?? ingestionLimits.bytesPerUpload }
  const ingestion = { store, objects, turns: createTurns(), limits, now: () => new Date() }
  await resumeCommits(ingestion)
  const relay = startOutboxRelay(store, await kit.connectBus(), kit.log)
  const sweeping = startSweeping(ingestion, kit)
  await kit.serve(portsOf(ingestion))
  return {
    async stop() {
      sweeping.stop()
      await relay.stop()
      await store.close()
    },
  }
}

export function portsOf(ingestion: Ingestion) {
  const parties = implement(IngestionService, {
    beginUpload: beginUpload(ingestion),
    uploadParts: uploadParts(ingestion),
    commitUpload: commitUpload(ingestion),
    discardUpload: discardUpload(ingestion),
  })
  const services = implement(ObjectService, { statObject: statObject(ingestion), readObject: readObject(ingestion) })
  return { parties: { services: [parties] }, services: { services: [services], allow: isExecutor } }
}

function isExecutor(caller: Caller): boolean {
  return caller.kind === 'service' && caller.id === 'executor'
}

/** Now and every hour. One sweep does not wait for the one before: an upload that cannot be dropped must not end them all. */
function startSweeping(ingestion: Ingestion, { log, stopping }: Kit): { stop(): void } {
  const sweep = () => {
    dropAbandoned(ingestion).catch((error: unknown) => {
      if (!stopping.aborted) log.warn({ err: error }, 'an abandoned upload could not be dropped')
    })
  }
  sweep()
  const timer = setInterval(sweep, sweepMs)
  return { stop: () => clearInterval(timer) }
}
