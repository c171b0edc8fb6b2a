import { ReinraumError } from '@reinraum/crypto'
import type { RpcContext } from '@reinraum/rpc'
import type { Ingestion } from './ingestion.ts'
import type { UploadRow } from './store.ts'

/**
 * The upload, for the owner who opened it. A stranger's answer is the one for an upload that does not exist.
 * @throws ReinraumError `not-found`, `expired` when the contract ended before the commit
 */
export async function ownUpload(ingestion: Ingestion, uploadId: string, context: RpcContext): Promise<UploadRow> {
  const upload = await ingestion.store.db.selectFrom('uploads').selectAll().where('id', '=', uploadId).executeTakeFirst()
  if (upload === undefined || context.caller.kind !== 'party' || context.caller.key.x !== upload.owner_key) {
    throw new ReinraumError('not-found', 'no such upload of yours')
  }
  if (upload.committed_at === null && ingestion.now().getTime() > upload.expires_at) {
    throw new ReinraumError('expired', 'the contract is no longer in force')
  }
  return upload
}
