import { sql } from 'kysely'
import type { KeysTransaction } from '../store.ts'
import type { LedgerRow } from './ledger-rows.ts'
import type { LedgerOfRun } from './ledgers-of-run.ts'

/** What a release has to know of a ledger before it is debited. */
export interface StandOfLedger {
  /** undefined while it is empty */
  readonly last: LedgerRow | undefined
  /**
   * whether the log of any contract with this data is locked. (One that went two ways never opens again; of it, all that is ever
   * shown is entered.)
   */
  readonly isLocked: boolean
  /** whether anything was spent of the same data by another accounting */
  readonly isCountedOtherwise: boolean
}

/** In one statement, because every release asks. */
export async function standOf(trx: KeysTransaction, { id, name }: Pick<LedgerOfRun, 'id' | 'name'>): Promise<StandOfLedger> {
  const { rows } = await sql<{ locked: number; otherwise: number } & (LedgerRow | { readonly ledger: null })>`
    select
      exists (select 1 from locks join ledger_contracts using (contract_id)
        where ledger_contracts.ledger = ${id} and locks.reason <> 'forked') as locked,
      exists (select 1 from ledger_entries where owner = ${name.owner} and dataset = ${name.dataset} and period = ${name.period}
        and sequence = 1 and ledger <> ${id}) as otherwise,
      last.*
    from (select 1) left join (select * from ledger_entries where ledger = ${id} order by sequence desc limit 1) as last`.execute(
    trx,
  )
  const [row] = rows
  if (row === undefined) throw new TypeError('a row that is always there')
  const last = row.ledger === null ? undefined : row
  return { last, isLocked: row.locked === 1, isCountedOtherwise: row.otherwise === 1 }
}
