import type { ReadHistoryRequest } from '@reinraum/proto'
import { requireReleasedSlot } from '../leases.ts'
import type { Vault } from '../vault.ts'

/** Opaque here and on the way: entries open under the history's key alone, and each names the one before it. */
export async function readHistory(vault: Vault, { runId, slot, after }: ReadHistoryRequest) {
  vault.clock.requireSound()
  const entries = await vault.store.transaction(async (trx) => {
    const contractId = await requireReleasedSlot(trx, runId, slot, vault.now())
    const rows = trx.selectFrom('history_entries').select('entry').where('contract_id', '=', contractId).where('slot', '=', slot)
    return rows.where('sequence', '>', after).orderBy('sequence').execute()
  })
  return { entries: entries.map(({ entry }) => entry) }
}
