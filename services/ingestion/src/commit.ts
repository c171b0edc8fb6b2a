import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { recordCommitted } from './events.ts'
import type { Ingestion } from './ingestion.ts'
import type { UploadRow } from './store.ts'

/**
 * Checks the ciphertext against the manifest and makes it readable. The file is renamed first and the row written after; a
 * crash in between leaves a file that nobody can read yet, and repeating the commit ends what was begun.
 * @throws ReinraumError `offset-mismatch` when bytes are missing, `ciphertext-mismatch` when they are the wrong ones
 */
export async function commitUpload(ingestion: Ingestion, upload: UploadRow): Promise<void> {
  const { objects, store } = ingestion
  if (upload.durable !== upload.length) {
    throw new ReinraumError('offset-mismatch', `the upload has ${upload.durable} of ${upload.length} bytes`)
  }
  try {
    await objects.commit(upload.id, upload.object_id, upload.length)
  } catch (error) {
    if (isReinraumError(error) && (error.code === 'ciphertext-mismatch' || error.code === 'not-found')) {
      await startAgain(ingestion, upload)
      throw new ReinraumError('ciphertext-mismatch', 'the uploaded bytes are not the ones that the manifest names', {
        cause: error,
      })
    }
    throw error
  }
  await store.transaction(async (trx) => {
    await trx.updateTable('uploads').set({ committed_at: ingestion.now().getTime() }).where('id', '=', upload.id).execute()
    await recordCommitted(trx, upload)
  })
}

/** Nothing of wrong bytes can be kept: which of them are wrong cannot be told from a hash over all. */
async function startAgain({ objects, store, now }: Ingestion, upload: UploadRow): Promise<void> {
  await store.db.updateTable('uploads').set({ durable: 0, updated_at: now().getTime() }).where('id', '=', upload.id).execute()
  await objects.discard(upload.id)
}
