import type { AppendHistoryRequest } from '@reinraum/proto'
import { rememberTime } from '../clock.ts'
import { append } from '../history/append.ts'
import { requireReleasedSlot } from '../leases.ts'
import type { Vault } from '../vault.ts'

/** One transaction compares where the history ends, appends, and says so only once all of that is durable. */
export async function appendHistory(vault: Vault, { runId, slot, expectedHead, entry, proof }: AppendHistoryRequest) {
  vault.clock.requireSound()
  const appended = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberTime(trx, now)
    const contract_id = await requireReleasedSlot(trx, runId, slot, now)
    return append(vault, trx, { contract_id, slot }, { runId, expectedHead, entry, proof }, now)
  })
  if (appended === undefined) return { outcome: { case: 'moved' as const, value: {} } }
  vault.log.info({ runId, slot, bytes: entry.length }, 'history appended')
  return { outcome: { case: 'proof' as const, value: appended } }
}
