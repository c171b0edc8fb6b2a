import type { ListLedgerEntriesRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { openRow } from '../ledger/ledger-rows.ts'
import { entryMessage, requireLedgerOf } from '../ledger/shown-ledger.ts'
import type { Vault } from '../vault.ts'

/** About 300 bytes each. */
export const ledgerEntriesPerPage = 1000

/** One page of a ledger, oldest first, also after the contract has ended. */
export async function listLedgerEntries(
  vault: Vault,
  { contractId, ledger, afterSequence }: ListLedgerEntriesRequest,
  context: RpcContext,
) {
  return vault.store.transaction(async (trx) => {
    const reader = await requireLedgerOf(trx, { contractId, ledger }, context)
    const rows = await trx
      .selectFrom('ledger_entries')
      .selectAll()
      .where('ledger', '=', ledger)
      .where('sequence', '>', afterSequence)
      .orderBy('sequence')
      .limit(ledgerEntriesPerPage + 1)
      .execute()
    const shown = rows.slice(0, ledgerEntriesPerPage)
    const entries = shown.map((row) => {
      const mayKnow = row.owner === reader.owner || row.contract_id === contractId
      return entryMessage(openRow(vault, row), mayKnow)
    })
    return { entries, more: rows.length > shown.length }
  })
}
