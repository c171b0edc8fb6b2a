import { ReinraumError } from '@reinraum/crypto'
import type { DigestId } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'

/** Remembers under which contract data of these ledgers is here. */
export async function rememberLedgers(trx: KeysTransaction, contractId: string, ledgers: readonly DigestId[]): Promise<void> {
  if (ledgers.length === 0) return
  await trx
    .insertInto('ledger_contracts')
    .values(ledgers.map((ledger) => ({ ledger, contract_id: contractId })))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Whether data of this ledger was ever brought here under the contract. */
export async function isOfContract(
  db: Pick<KeysTransaction, 'selectFrom'>,
  ledger: DigestId,
  contractId: string,
): Promise<boolean> {
  const rows = db.selectFrom('ledger_contracts').select('ledger').where('ledger', '=', ledger)
  return (await rows.where('contract_id', '=', contractId).executeTakeFirst()) !== undefined
}

/**
 * Nothing is debited from a ledger while debits of another contract may be missing from it. (Of a log that went two ways all that
 * is ever shown is entered, and its contract never opens again.)
 * @throws ReinraumError `rollback-detected`
 */
export async function requireNoneLocked(trx: KeysTransaction, ledger: DigestId): Promise<void> {
  const locked = await trx
    .selectFrom('locks')
    .innerJoin('ledger_contracts', 'ledger_contracts.contract_id', 'locks.contract_id')
    .where('ledger_contracts.ledger', '=', ledger)
    .where('locks.reason', '!=', 'forked')
    .select('locks.contract_id')
    .executeTakeFirst()
  if (locked !== undefined)
    throw new ReinraumError('rollback-detected', "the dataset's ledger may lack entries of another contract, whose log is locked")
}
