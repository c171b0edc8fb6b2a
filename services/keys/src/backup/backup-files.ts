import { open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, fileError } from '@reinraum/kit'

/** The service's own database, inside its folder. */
export const storeName = 'keys.sqlite'
/** The plaintext of a backup on its way into its envelope, for as long as it takes to copy. */
export const copyName = 'backup.copying'
/** A database on its way out of a backup. It becomes the service's own with one rename, when all of it was checked. */
export const restoringName = `${storeName}.restoring`
/** A backup that waits for the people who put its root key together. */
export const pendingName = 'restore.pending'

/** Removes what a backup or a restore left that was killed: at each start, before the store is opened. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw fileError(error)
  })
  // SQLite's journals begin with the name of their database.
  const left = names.filter((name) => name.startsWith(copyName) || name.startsWith(restoringName))
  for (const name of left) await rm(join(folder, name), { force: true })
}

/** A new name is durable only once its folder is: fsync(2). */
export async function syncFolderOf(file: string): Promise<void> {
  await using folder = await open(dirname(file), 'r')
  await folder.sync()
}
