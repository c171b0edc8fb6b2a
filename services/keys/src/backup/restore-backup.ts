import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import type { RootKey } from '../root-key/root-key.ts'
import { type KeysDatabase, openKeysStore } from '../store.ts'
import { removeLeftovers, restoringName, storeName, syncFolderOf } from './backup-files.ts'
import type { BackupHeader } from './backup-header.ts'
import { placePending, removePending } from './pending-restore.ts'
import { type OpenBackup, openBackup } from './read-backup.ts'
import { storageErrors } from './storage-errors.ts'
import { unpackBackup } from './unpack-backup.ts'
import { isUnused } from './unused-store.ts'

/** Where a backup goes. */
export interface Restoration {
  readonly keyServiceId: string
  readonly dataPath: (name: string) => string
  readonly now: Date
  /**
   * The root key that the backup was sealed under; undefined where people have to put it together. Its caller closes it.
   * @param scratch holds nothing yet; a source that reads from its store reads from this one, which is thrown away
   */
  rootKeyOf(header: BackupHeader, scratch: Store<KeysDatabase>): Promise<RootKey | undefined>
}

/** A backup that was put in place, or that `waits` for the people who put its root key together. */
export interface Restored {
  readonly header: BackupHeader
  readonly waits: boolean
}

/**
 * Puts a backup in the place of a store that holds nothing yet, while no service runs on it. All of it is opened, checked and
 * marked as restored beside the store; one rename makes it the store. Where its root key needs people, it is laid down for the
 * next start instead, also with one rename. Whatever fails, and whenever: nothing is left behind.
 * @throws ReinraumError `conflict` (the store is in use), `unavailable` (a service runs on it), `key-mismatch` (another
 *   service's), `decryption-failed` (another root key, altered, truncated), `unsupported` (newer), `unreadable-input`,
 *   `storage-full`, and what `rootKeyOf` throws
 */
export async function restoreBackup(file: string, restoration: Restoration): Promise<Restored> {
  const { keyServiceId, dataPath } = restoration
  const [target, restoring] = [dataPath(storeName), dataPath(restoringName)]
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  await requireUnused(target)
  await removeLeftovers(dirname(target))
  await using backup = await openBackup(file)
  const { header } = backup
  if (header.keyService !== keyServiceId)
    throw new ReinraumError('key-mismatch', `this is a backup of the key service ${header.keyService}`)
  const scratch = await openKeysStore(`${restoring}-scratch`)
  let root: RootKey | undefined
  try {
    root = await restoration.rootKeyOf(header, scratch)
    await storageErrors(() => putInPlace(backup, root, restoration))
    return { header, waits: root === undefined }
  } finally {
    root?.close()
    await scratch.close()
    await removeLeftovers(dirname(target))
  }
}

async function putInPlace(backup: OpenBackup, root: RootKey | undefined, { dataPath, now }: Restoration): Promise<void> {
  const [target, restoring] = [dataPath(storeName), dataPath(restoringName)]
  if (root === undefined) {
    await backup.requireWhole()
    return placePending(backup.file, dataPath)
  }
  await unpackBackup(backup, root, { file: restoring, now })
  await rename(restoring, target)
  await syncFolderOf(target)
  // One that waited is for an empty store.
  await removePending(dataPath)
}

async function requireUnused(target: string): Promise<void> {
  if ((await stat(target).catch(() => undefined)) === undefined) return
  const store = await openKeysStore(target)
  try {
    if (!(await isUnused(store.db)))
      throw new ReinraumError('conflict', 'this key service has keys already: a backup goes into an unused one only')
  } finally {
    await store.close()
  }
  await rm(target)
}
