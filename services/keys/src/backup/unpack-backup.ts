import { open } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import { sql } from 'kysely'
import { markRestored } from '../rollback/mark-restored.ts'
import type { RootKey } from '../root-key/root-key.ts'
import { closeServiceIdentity, hasServiceIdentity, openServiceIdentity } from '../service-identity.ts'
import { type KeysDatabase, openKeysStore } from '../store.ts'
import type { OpenBackup } from './read-backup.ts'

/**
 * Writes the database of a backup to a new file: all of it opened, checked, migrated, and marked as restored.
 * @throws ReinraumError `decryption-failed` (another root key, altered, truncated), `unsupported` (newer), `unreadable-input`,
 *   `storage-full`, or an error of the file system
 */
export async function unpackBackup(
  backup: OpenBackup,
  root: RootKey,
  { file, now }: { readonly file: string; readonly now: Date },
): Promise<void> {
  await writeFile(file, await backup.content(root))
  const store = await openKeysStore(file)
  try {
    await requireSound(store)
    if (!(await hasServiceIdentity(store))) throw new ReinraumError('unreadable-input', 'the backup holds no key service')
    const { keyService, createdAt } = backup.header
    closeServiceIdentity(await openServiceIdentity(store, root, keyService))
    // Everything in it is older than this service has been; who its users are has to say how much.
    await store.transaction((trx) => markRestored(trx, { createdAt: new Date(createdAt), now }))
  } finally {
    await store.close()
  }
}

async function writeFile(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  for await (const piece of content) await file.writeFile(piece)
  await file.sync()
}

async function requireSound(store: Store<KeysDatabase>): Promise<void> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check`.execute(store.db)
  if (rows.length !== 1 || rows[0]?.quick_check !== 'ok')
    throw new ReinraumError('unreadable-input', 'the database in the backup is damaged')
}
