import { constantTimeEqual, ReinraumError, zeroise } from '@reinraum/crypto'
import { extendHistory, historyProof, longestHistoryEntry } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { type SlotName, withWrappingKey } from '../wrapping-keys.ts'
import { findHistory, placeOf } from './histories.ts'
import { type OpenHistory, openHistoryRow, sealUnder, wrappingKeyOf } from './history-record.ts'

/** Entries are padded to at least this. */
export const smallestEntry = 1024

export interface Appending {
  readonly runId: string
  readonly expectedHead: string
  readonly entry: Uint8Array
  readonly proof: Uint8Array
}

/**
 * Appends one entry if the history still ends where the run says. Whoever asks again with the entry that it ends with gets the
 * same answer.
 * @returns a proof that it stands; undefined when the history ends elsewhere
 * @throws ReinraumError `permission-denied` without the history's key, `history-unreadable`, `history-full`
 */
export async function append(
  vault: Vault,
  trx: KeysTransaction,
  name: SlotName,
  { runId, expectedHead, entry, proof }: Appending,
  now: Date,
): Promise<Uint8Array | undefined> {
  const row = await findHistory(trx, name)
  if (row === undefined) throw new ReinraumError('history-unreadable', 'this slot has no history')
  const wrapping = await wrappingKeyOf(trx, row)
  const history = await openHistoryRow(vault, trx, row)
  try {
    const place = placeOf(vault, name)
    const said = { run: runId, head: extendHistory(expectedHead, entry) }
    if (!constantTimeEqual(proof, historyProof(history.key, place, { what: 'append', ...said }))) {
      throw new ReinraumError('permission-denied', 'whoever has not got the key of a history appends nothing to it')
    }
    const appended = historyProof(history.key, place, { what: 'appended', ...said })
    if (history.head === said.head) return appended
    if (history.head !== expectedHead) return undefined
    const next: OpenHistory = {
      key: history.key,
      head: said.head,
      entries: history.entries + 1,
      bytes: history.bytes + requireRoom(vault, history, entry),
    }
    await trx
      .insertInto('history_entries')
      .values({ ...name, sequence: next.entries, run_id: runId, entry, appended_at: now.getTime() })
      .execute()
    const { sealed } = await withWrappingKey(vault, wrapping, (open) => sealUnder(vault, open, wrapping, name, next))
    const own = trx.updateTable('histories').set({ sealed }).where('contract_id', '=', name.contract_id)
    await own.where('slot', '=', name.slot).execute()
    return appended
  } finally {
    zeroise(history.key)
  }
}

function requireRoom({ quotas }: Pick<Vault, 'quotas'>, { bytes }: OpenHistory, { length }: Uint8Array): number {
  if (length < smallestEntry || length > longestHistoryEntry)
    throw new ReinraumError('invalid-argument', 'an entry has another length')
  if (bytes + length > quotas.historyBytes)
    throw new ReinraumError('history-full', 'the history of this slot takes no such entry any more')
  return length
}
