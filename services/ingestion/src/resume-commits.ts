import { isReinraumError } from '@reinraum/crypto'
import { commitUpload } from './commit.ts'
import type { Ingestion } from './ingestion.ts'

/** After a crash: ends the commits that had moved their file and not written their row. */
export async function resumeCommits(ingestion: Ingestion): Promise<void> {
  const complete = await ingestion.store.db
    .selectFrom('uploads')
    .selectAll()
    .where('committed_at', 'is', null)
    .whereRef('durable', '=', 'length')
    .execute()
  for (const upload of complete) {
    if ((await ingestion.objects.partLength(upload.id)) !== 0) continue
    try {
      await commitUpload(ingestion, upload)
    } catch (error) {
      // Neither part nor object: the file was lost, and the upload now begins again.
      if (!isReinraumError(error) || error.code !== 'ciphertext-mismatch') throw error
    }
  }
}
