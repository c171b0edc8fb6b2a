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
