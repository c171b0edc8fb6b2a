import type { IngestionService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { commitUpload as commit } from '../commit.ts'
import type { Ingestion } from '../ingestion.ts'
import { ownUpload } from '../upload-access.ts'

/** Runs to its end even when the caller goes: who asks again waits for it and gets its answer. */
export function commitUpload(ingestion: Ingestion): Handlers<typeof IngestionService>['commitUpload'] {
  return async ({ uploadId }, context) => {
    await ownUpload(ingestion, uploadId, context)
    const turn = await ingestion.turns.take(uploadId)
    try {
      const upload = await ownUpload(ingestion, uploadId, context)
      if (upload.committed_at === null) await commit(ingestion, upload)
      return { objectId: upload.object_id }
    } finally {
      turn.release()
    }
  }
}
