import { isReinraumError } from '@reinraum/crypto'
import { endCommit } from './commit.ts'
import type { Ingestion } from './ingestion.ts'
import type { CommittingRow } from './store.ts'

/** After a crash: ends the commits that had moved their file and not written their row. */
export async function resumeCommits(ingestion: Ingestion): Promise<void> {
  const begun = await ingestion.store.db
    .selectFrom('uploads')
    .selectAll()
    .where('committed_at', 'is', null)
    .where('manifest_id', 'is not', null)
    .$narrowType<CommittingRow>()
    .execute()
  for (const upload of begun) {
    if ((await ingestion.objects.partLength(upload.id)) !== 0) continue
    try {
      await endCommit(ingestion, upload)
    } catch (error) {
      // Neither part nor object: the file was lost, and the upload now begins again.
      if (!isReinraumError(error) || error.code !== 'ciphertext-mismatch') throw error
    }
  }
}
