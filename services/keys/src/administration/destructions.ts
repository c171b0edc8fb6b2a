import { ReinraumError } from '@reinraum/crypto'
import type { DataKeyRow } from '../data-keys.ts'
import type { KeysDatabase, KeysTransaction } from '../store.ts'

type Reader = Pick<KeysTransaction, 'selectFrom'>
export type DestructionRow = KeysDatabase['destructions']

/** The destruction of a dataset version's key: scheduled, or done. */
export function destructionOf(db: Reader, contractId: string, manifestId: string): Promise<DestructionRow | undefined> {
  const rows = db.selectFrom('destructions').selectAll().where('contract_id', '=', contractId)
  return rows.where('manifest_id', '=', manifestId).executeTakeFirst()
}

/** @throws ReinraumError `key-destroyed` when the key of one of these dataset versions is destroyed or about to be */
export async function requireNoneDestroyed(db: Reader, contractId: string, manifestIds: readonly string[]): Promise<void> {
  const rows = db.selectFrom('destructions').select('manifest_id').where('contract_id', '=', contractId)
  if ((await rows.where('manifest_id', 'in', manifestIds).limit(1).executeTakeFirst()) !== undefined)
    throw new ReinraumError('key-destroyed', 'the owner of this key had it destroyed')
}

/**
 * Schedules the destruction of a key. From now on it is not released, and runs that hold it have no lease any more: not even
 * when the destruction is cancelled.
 * @throws ReinraumError `conflict` when its destruction is scheduled already
 */
export async function scheduleDestruction(
  trx: KeysTransaction,
  key: DataKeyRow,
  by: { readonly key: string },
  time: { readonly now: number; readonly due: number },
): Promise<void> {
  const { contract_id, manifest_id, slot, key_id, owner, imported_at } = key
  if ((await destructionOf(trx, contract_id, manifest_id)) !== undefined)
    throw new ReinraumError('conflict', 'the destruction of this key is scheduled already')
  const row = { contract_id, manifest_id, slot, key_id, owner, imported_at, destroyed_at: null }
  await trx
    .insertInto('destructions')
    .values({ ...row, scheduled_key: by.key, scheduled_at: time.now, due_at: time.due })
    .execute()
  const runs = trx.selectFrom('released_keys').select('run_id').where('contract_id', '=', contract_id)
  await trx
    .updateTable('leases')
    .set({ expires_at: 0 })
    .where('run_id', 'in', runs.where('manifest_id', '=', manifest_id))
    .execute()
}

/** @throws ReinraumError `conflict` when none is scheduled, `key-destroyed` when it is due */
export async function cancelDestruction(trx: KeysTransaction, key: DataKeyRow, now: number): Promise<void> {
  const { contract_id, manifest_id } = key
  const scheduled = await destructionOf(trx, contract_id, manifest_id)
  if (scheduled === undefined) throw new ReinraumError('conflict', 'no destruction of this key is scheduled')
  if (scheduled.due_at <= now) throw new ReinraumError('key-destroyed', 'the destruction of this key is due')
  await trx.deleteFrom('destructions').where('contract_id', '=', contract_id).where('manifest_id', '=', manifest_id).execute()
}
