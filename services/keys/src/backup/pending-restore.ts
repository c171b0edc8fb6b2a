import { existsSync } from 'node:fs'
import { copyFile, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { newestDecision } from '../clock.ts'
import type { RootKey } from '../root-key/root-key.ts'
import type { RootKeySource, RootKeySources } from '../root-key/root-key-source.ts'
import type { Site } from '../vault.ts'
import { pendingName, removeLeftovers, restoringName, syncFolderOf } from './backup-files.ts'
import { openBackup } from './read-backup.ts'
import { sourceOfBackup } from './source-of-backup.ts'
import { storageErrors } from './storage-errors.ts'
import { takeIn } from './take-in.ts'
import { unpackBackup } from './unpack-backup.ts'
import { isUnused } from './unused-store.ts'

/** A backup in the folder of a service that holds no keys. Until its root key is there, the service is sealed. */
export interface PendingRestore {
  /** when the backup was made, as its header says */
  readonly createdAt: Date
  readonly source: RootKeySource
  /**
   * Puts what the backup holds into the store, and removes the backup. Whatever fails, and whenever: the store is filled, or
   * the backup still waits.
   * @throws ReinraumError as `unpackBackup` and `takeIn`
   */
  finish(root: RootKey): Promise<void>
}

/** Lays a backup down for the next start. The name is there when all of it is. */
export async function placePending(backup: string, dataPath: Site['dataPath']): Promise<void> {
  const [target, copy] = [dataPath(pendingName), `${dataPath(restoringName)}-${pendingName}`]
  await copyFile(backup, copy)
  await using file = await open(copy, 'r+')
  await file.chmod(0o600)
  await file.sync()
  await rename(copy, target)
  await syncFolderOf(target)
}

export function hasPending(dataPath: Site['dataPath']): boolean {
  return existsSync(dataPath(pendingName))
}

/** Forgets a backup that waits, if there is one. */
export async function removePending(dataPath: Site['dataPath']): Promise<void> {
  await rm(dataPath(pendingName), { force: true })
  await syncFolderOf(dataPath(pendingName))
}

/**
 * The backup that waits, if there is one. One beside a store that has keys does not count: that store was filled from it.
 * @throws ReinraumError `key-mismatch`, `unreadable-input`, `unsupported`
 */
export async function openPendingRestore(site: Site, sources: RootKeySources): Promise<PendingRestore | undefined> {
  const { store, dataPath, log } = site
  if (!hasPending(dataPath)) return undefined
  if (!(await isUnused(store.db))) {
    log.warn('a backup waited beside a store that has keys: it is removed')
    await removePending(dataPath)
    return undefined
  }
  await using backup = await openBackup(dataPath(pendingName))
  const { header } = backup
  if (header.keyService !== site.id)
    throw new ReinraumError('key-mismatch', `the backup that waits is of the key service ${header.keyService}`)
  return {
    createdAt: new Date(header.createdAt),
    source: await sourceOfBackup(header, sources, store),
    finish: (root) => finish(site, root),
  }
}

async function finish({ store, dataPath, clock, now, log }: Site, root: RootKey): Promise<void> {
  const restoring = dataPath(restoringName)
  await storageErrors(async () => {
    try {
      await using backup = await openBackup(dataPath(pendingName))
      await unpackBackup(backup, root, { file: restoring, now: now() })
      await takeIn(store, restoring, now())
      log.warn(
        { createdAt: backup.header.createdAt },
        'restored from a backup: owners have to confirm their logs before anything is released',
      )
    } finally {
      await removeLeftovers(dirname(restoring))
    }
    clock.learn(await newestDecision(store.db))
    await removePending(dataPath)
  })
}
