import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { Manifest, Verified } from '@reinraum/statements'
import { recordCommitted } from './events.ts'
import type { Ingestion } from './ingestion.ts'
import type { CommittingRow, UploadRow } from './store.ts'

/**
 * Checks the ciphertext against its manifest and makes it readable; repeating it with the same manifest changes nothing. Which
 * manifest it is is written down before the file is moved: a restart ends what was begun, without the owner.
 * @throws ReinraumError `offset-mismatch` when bytes are missing, `ciphertext-mismatch` when they are the wrong ones,
 *   `conflict` when another manifest came before
 */
export async function commitUpload(ingestion: Ingestion, upload: UploadRow, manifest: Verified<Manifest>): Promise<void> {
  const { object, length } = manifest.document
  if (upload.manifest_id !== null && upload.manifest_id !== manifest.id) {
    throw new ReinraumError('conflict', 'this upload belongs to another manifest')
  }
  if (upload.committed_at !== null) return
  if (upload.durable < length) {
    throw new ReinraumError('offset-mismatch', `the upload has ${upload.durable} of ${length} bytes`)
  }
  if (upload.durable > length) return startAgain(ingestion, upload)
  const named = { manifest_id: manifest.id, object_id: object }
  await ingestion.store.db.updateTable('uploads').set(named).where('id', '=', upload.id).execute()
  await endCommit(ingestion, { ...upload, ...named })
}

/**
 * Moves the file of a commit that is written down, and writes its end. A crash in between leaves a file that nobody can read
 * yet, and repeating this ends it.
 * @throws ReinraumError `ciphertext-mismatch`
 */
export async function endCommit(ingestion: Ingestion, upload: CommittingRow): Promise<void> {
  const { objects, store } = ingestion
  try {
    await objects.commit(upload.id, upload.object_id, upload.durable)
  } catch (error) {
    if (isReinraumError(error) && (error.code === 'ciphertext-mismatch' || error.code === 'not-found')) {
      return startAgain(ingestion, upload, error)
    }
    throw error
  }
  await store.transaction(async (trx) => {
    await trx.updateTable('uploads').set({ committed_at: ingestion.now().getTime() }).where('id', '=', upload.id).execute()
    await recordCommitted(trx, upload)
  })
}

/** Nothing of wrong bytes can be kept: which of them are wrong cannot be told from a hash over all. */
async function startAgain({ objects, store, now }: Ingestion, upload: UploadRow, cause?: ReinraumError): Promise<never> {
  const anew = { durable: 0, manifest_id: null, object_id: null, updated_at: now().getTime() }
  await store.db.updateTable('uploads').set(anew).where('id', '=', upload.id).execute()
  await objects.discard(upload.id)
  throw new ReinraumError('ciphertext-mismatch', 'the uploaded bytes are not the ones that the manifest names', { cause })
}
