import { ReinraumError } from '@reinraum/crypto'
import type { Store, Transaction } from '@reinraum/kit'
import { sql } from 'kysely'
import { hasServiceIdentity } from '../service-identity.ts'
import type { KeysDatabase } from '../store.ts'
import type { RootKey, RootKeyKind } from './root-key.ts'
import type { NewRootKey, RootKeySource, RootKeySources } from './root-key-source.ts'
import { rewrapStore } from './wrapped-by-root.ts'

/**
 * The source of the root key that the store is under now: the configured one, or the former one until the store is wrapped anew.
 * @throws ReinraumError `conflict` when the configuration names neither
 */
export async function sourceOfStore(store: Store<KeysDatabase>, { configured, former }: RootKeySources): Promise<RootKeySource> {
  const kind = await rootKindOf(store)
  if (kind === undefined || kind === configured.kind) return configured
  if (kind === former?.kind) return former
  throw new ReinraumError(
    'conflict',
    `the store is under a root key of the kind ${kind}: the configuration has to name it, as rootKey or as formerRootKey`,
  )
}

/** Undefined for a store with nothing under a root key: shares that a first start made and did not use count for nothing. */
async function rootKindOf(store: Store<KeysDatabase>): Promise<RootKeyKind | undefined> {
  if (!(await hasServiceIdentity(store))) return undefined
  const row = await store.db.selectFrom('root_key').select('kind').executeTakeFirstOrThrow()
  return row.kind
}

/** Notes under which root key the store is from this transaction on, with all that its source wants to find again. */
export async function recordRoot(trx: Transaction<KeysDatabase>, root: NewRootKey): Promise<void> {
  await trx.deleteFrom('unseal_shares').execute()
  await trx.deleteFrom('root_key').execute()
  await trx.insertInto('root_key').values({ id: 1, kind: root.kind, threshold: null, key_check: null }).execute()
  await root.record?.(trx)
}

/**
 * Takes the whole store over to a root key that its source makes now: all of it or, whatever happens, nothing.
 * @throws ReinraumError `conflict` when the new root key needs a contribution first
 */
export async function changeRoot(store: Store<KeysDatabase>, present: RootKey, source: RootKeySource): Promise<RootKey> {
  const root = await source.create()
  if (root === undefined)
    throw new ReinraumError('conflict', 'the new root key has to open without a contribution: name the file with the PIN')
  try {
    await store.transaction(async (trx) => {
      await rewrapStore(trx, present, root)
      await recordRoot(trx, root)
    })
  } catch (error) {
    root.close()
    throw error
  }
  // The journal still holds what the old root key opens.
  await sql`pragma wal_checkpoint(truncate)`.execute(store.db)
  return root
}
