import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { errnoOf, fileError, type Store } from '@reinraum/kit'
import { sql } from 'kysely'
import { markRestored } from '../rollback/mark-restored.ts'
import type { RootKey } from '../root-key/root-key.ts'
import { closeServiceIdentity, hasServiceIdentity, openServiceIdentity } from '../service-identity.ts'
import { type KeysDatabase, openKeysStore } from '../store.ts'
import { removeLeftovers, restoringName, storeName, syncFolderOf } from './backup-files.ts'
import type { BackupHeader } from './backup-header.ts'
import { openBackup } from './read-backup.ts'

/** Where a backup goes. */
export interface Restoration {
  readonly keyServiceId: string
  readonly dataPath: (name: string) => string
  readonly now: Date
  /**
   * The root key that the backup was sealed under. Its caller closes it.
   * @param scratch holds nothing yet; a source that reads from its store reads from this one, which is thrown away
   */
  rootKeyOf(header: BackupHeader, scratch: Store<KeysDatabase>): Promise<RootKey>
}

/**
 * Puts a backup in the place of a store that holds nothing yet, while no service runs on it. All of it is opened, checked and
 * marked as restored beside the store; one rename makes it the store. Whatever fails, and whenever: nothing is left behind.
 * @throws ReinraumError `conflict` (the store is in use), `unavailable` (a service runs on it), `key-mismatch` (another service's), `decryption-failed` (another root
 *   key, altered, truncated), `unsupported` (newer), `unreadable-input`, `storage-full`, and what `rootKeyOf` throws
 */
export async function restoreBackup(file: string, restoration: Restoration): Promise<BackupHeader> {
  const { keyServiceId, dataPath, now } = restoration
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
    await writeFile(restoring, await backup.content(root))
    await prepareStore(restoring, root, keyServiceId, { createdAt: new Date(header.createdAt), now })
    await rename(restoring, target)
    await syncFolderOf(target)
    return header
  } catch (error) {
    throw errnoOf(error) === undefined || isReinraumError(error) ? error : fileError(error)
  } finally {
    root?.close()
    await scratch.close()
    await removeLeftovers(dirname(target))
  }
}

/** A store without an identity was never under a root key. */
async function requireUnused(target: string): Promise<void> {
  if ((await stat(target).catch(() => undefined)) === undefined) return
  const store = await openKeysStore(target)
  try {
    const contract = await store.db.selectFrom('contracts').select('id').limit(1).executeTakeFirst()
    if (contract !== undefined || (await hasServiceIdentity(store)))
      throw new ReinraumError('conflict', 'this key service has keys already: a backup goes into an unused one only')
  } finally {
    await store.close()
  }
  await rm(target)
}

async function writeFile(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  for await (const piece of content) await file.writeFile(piece)
  await file.sync()
}

/** Everything in it is older than this service has been; who its users are has to say how much. */
async function prepareStore(
  file: string,
  root: RootKey,
  keyServiceId: string,
  when: { readonly createdAt: Date; readonly now: Date },
): Promise<void> {
  const store = await openKeysStore(file)
  try {
    await requireSound(store)
    if (!(await hasServiceIdentity(store))) throw new ReinraumError('unreadable-input', 'the backup holds no key service')
    closeServiceIdentity(await openServiceIdentity(store, root, keyServiceId))
    await store.transaction((trx) => markRestored(trx, when))
  } finally {
    await store.close()
  }
}

async function requireSound(store: Store<KeysDatabase>): Promise<void> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check`.execute(store.db)
  if (rows.length !== 1 || rows[0]?.quick_check !== 'ok')
    throw new ReinraumError('unreadable-input', 'the database in the backup is damaged')
}
