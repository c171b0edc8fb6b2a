import type { KeysTransaction } from '../store.ts'

/** Whether a backup may take the place of a store: one without contracts and an identity was never under a root key. */
export async function isUnused(db: Pick<KeysTransaction, 'selectFrom'>): Promise<boolean> {
  const contract = await db.selectFrom('contracts').select('id').limit(1).executeTakeFirst()
  const identity = await db.selectFrom('identity').select('id').executeTakeFirst()
  return contract === undefined && identity === undefined
}
