import { ReinraumError } from '@reinraum/crypto'
import type { Transaction } from '@reinraum/kit'
import type { Ingestion } from './ingestion.ts'
import type { IngestionTables, UploadRow } from './store.ts'

/**
 * Records the upload unless it is known.
 * @throws ReinraumError `resource-exhausted` when too many are open
 */
export async function openUpload(ingestion: Ingestion, upload: UploadRow): Promise<void> {
  await ingestion.store.transaction(async (trx) => {
    const known = await trx.selectFrom('uploads').select('id').where('id', '=', upload.id).executeTakeFirst()
    if (known !== undefined) return
    await requireRoom(trx, ingestion, upload)
    await trx.insertInto('uploads').values(upload).execute()
  })
}

async function requireRoom(trx: Transaction<IngestionTables>, { limits }: Ingestion, upload: UploadRow): Promise<void> {
  const open = trx.selectFrom('uploads').where('committed_at', 'is', null)
  const count = async (query: typeof open) => {
    const { n } = await query.select((e) => e.fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
    return n
  }
  const ofOwner = open.where('owner_key', '=', upload.owner_key)
  const full =
    (await count(open)) >= limits.openUploads ||
    (await count(ofOwner.where('contract_id', '=', upload.contract_id))) >= limits.openUploadsPerContract ||
    (await count(ofOwner)) >= limits.openUploadsPerOwner
  if (full) throw new ReinraumError('resource-exhausted', 'too many uploads are open: finish some first')
}
