import { closeUncertainHistories } from '../history/histories.ts'
import type { KeysTransaction } from '../store.ts'
import { lockContract } from './locks.ts'

/**
 * Writes into a store that it comes from a backup. It has forgotten what came later: releases, which the owners have to confirm
 * before anything is released again; revocations, which are fetched again; the use of nonces, none of which counts any more; and
 * entries of histories, which are closed where one may be missing.
 */
export async function markRestored(
  trx: KeysTransaction,
  { createdAt, now }: { readonly createdAt: Date; readonly now: Date },
): Promise<void> {
  await trx.insertInto('restorations').values({ restored_at: now.getTime(), backup_created_at: createdAt.getTime() }).execute()
  await trx.deleteFrom('nonces').execute()
  await closeUncertainHistories(trx, now)
  for (const { id: contract_id } of await trx.selectFrom('contracts').select('id').execute()) {
    await lockContract(trx, contract_id, 'restored', now)
  }
}
