import { create, toBinary } from '@bufbuild/protobuf'
import { enqueue, subjectOf, type Transaction } from '@reinraum/kit'
import { ObjectCommittedSchema } from '@reinraum/proto'
import type { CommittingRow, IngestionTables } from './store.ts'

/** Writes the event beside the commit it speaks of. It happens once per upload, so its id is made of that. */
export async function recordCommitted(trx: Transaction<IngestionTables>, upload: CommittingRow): Promise<void> {
  const committed = { contractId: upload.contract_id, manifestId: upload.manifest_id, objectId: upload.object_id }
  await enqueue(trx, {
    id: `${upload.id}/object.committed`,
    subject: subjectOf(upload.contract_id, 'object', 'committed'),
    body: toBinary(ObjectCommittedSchema, create(ObjectCommittedSchema, committed)),
  })
}
