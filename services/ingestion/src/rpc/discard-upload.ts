import { ReinraumError } from '@reinraum/crypto'
import type { IngestionService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import { dropUpload } from '../abandoned.ts'
import type { Ingestion } from '../ingestion.ts'
import { ownUpload } from '../upload-access.ts'

/** For an owner whose sealing failed: nobody has to wait a week for the room that its bytes take. */
export function discardUpload(ingestion: Ingestion): Handlers<typeof IngestionService>['discardUpload'] {
  return async ({ uploadId }, context) => {
    await ownUpload(ingestion, uploadId, context)
    const turn = await ingestion.turns.take(uploadId)
    try {
      const { manifest_id } = await ownUpload(ingestion, uploadId, context)
      if (manifest_id !== null) throw new ReinraumError('conflict', 'the commit of this upload has begun')
      await dropUpload(ingestion, uploadId)
      return {}
    } finally {
      turn.release()
    }
  }
}
