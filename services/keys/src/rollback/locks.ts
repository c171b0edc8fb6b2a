import { ReinraumError } from '@reinraum/crypto'
import type { KeysDatabase, KeysTransaction } from '../store.ts'

type Reader = Pick<KeysTransaction, 'selectFrom'>
export type LockReason = KeysDatabase['locks']['reason']

/** Under a locked contract no key is taken or released and no lease renewed: debits and revocations may be missing here. */
export async function lockOf(db: Reader, contractId: string): Promise<LockReason | undefined> {
  return (await db.selectFrom('locks').select('reason').where('contract_id', '=', contractId).executeTakeFirst())?.reason
}

/** @throws ReinraumError `rollback-detected` */
export async function requireNotLocked(db: Reader, contractId: string): Promise<void> {
  if ((await lockOf(db, contractId)) !== undefined)
    throw new ReinraumError('rollback-detected', "the contract's log may lack entries: its owners have to confirm where it ends")
}

/**
 * Locks a contract, and has its revocations fetched again. Of two reasons the one that is harder to get rid of stays.
 * @returns whether the reason is new
 */
export async function lockContract(trx: KeysTransaction, contractId: string, reason: LockReason, now: Date): Promise<boolean> {
  const present = await lockOf(trx, contractId)
  if (present === reason || present === 'forked') return false
  const row = { contract_id: contractId, reason, since: now.getTime() }
  await trx
    .insertInto('locks')
    .values(row)
    .onConflict((conflict) => conflict.column('contract_id').doUpdateSet(row))
    .execute()
  await trx
    .insertInto('due_lookups')
    .values({ contract_id: contractId, generation: 1 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return true
}

/** Whether this store was ever put in place from a backup. */
export async function isRestored(db: Reader): Promise<boolean> {
  return (await db.selectFrom('restorations').select('restored_at').limit(1).executeTakeFirst()) !== undefined
}
