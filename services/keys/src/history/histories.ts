import { defaultRecordSuite, ReinraumError, randomBytes } from '@reinraum/crypto'
import { emptyHistory, type HistoryPlace } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { addWrappingKey, newestWrappingKey, type SlotName, withWrappingKey } from '../wrapping-keys.ts'
import { type HistoryRow, type OpenHistory, openHistoryRow, sealUnder } from './history-record.ts'

export function placeOf(vault: Pick<Vault, 'id'>, { contract_id: contract, slot }: SlotName): HistoryPlace {
  return { keyService: vault.id, contract, slot }
}

export function findHistory(
  trx: Pick<KeysTransaction, 'selectFrom'>,
  { contract_id, slot }: SlotName,
): Promise<HistoryRow | undefined> {
  const rows = trx.selectFrom('histories').selectAll().where('contract_id', '=', contract_id)
  return rows.where('slot', '=', slot).executeTakeFirst()
}

/**
 * The slot's history, made now where no run has had the slot's key yet. Its key is the caller's to overwrite.
 * @throws ReinraumError `history-unreadable` when it was closed or lost: results may have been shown that nobody can compare with
 */
export async function openOrCreateHistory(vault: Vault, trx: KeysTransaction, name: SlotName, now: Date): Promise<OpenHistory> {
  const row = await findHistory(trx, name)
  if (row !== undefined) return openHistoryRow(vault, trx, row)
  if (await wasReleased(trx, name)) throw new ReinraumError('history-unreadable', 'the history of this slot is lost')
  return createHistory(vault, trx, name, now)
}

async function createHistory(vault: Vault, trx: KeysTransaction, name: SlotName, now: Date): Promise<OpenHistory> {
  const wrapping = (await newestWrappingKey(trx, name)) ?? (await addWrappingKey(vault, trx, name, defaultRecordSuite, now))
  const history = { key: randomBytes(32), head: emptyHistory(placeOf(vault, name)), entries: 0, bytes: 0 }
  const row = await withWrappingKey(vault, wrapping, (open) => sealUnder(vault, open, wrapping, name, history))
  await trx.insertInto('histories').values(row).execute()
  return history
}

/** A slot's first release makes its history: what is not there although the key was released was lost. */
async function wasReleased(trx: KeysTransaction, { contract_id, slot }: SlotName): Promise<boolean> {
  const released = trx.selectFrom('released_keys').select('run_id').where('contract_id', '=', contract_id)
  return (await released.where('slot', '=', slot).executeTakeFirst()) !== undefined
}

/**
 * Closes the histories of a store that comes from a backup, where a run got the key and has no entry: it may have shown its
 * result after the backup was made. (Runs of after the backup are closed for when the log is mended.)
 */
export async function closeUncertainHistories(trx: KeysTransaction, now: Date): Promise<void> {
  const uncertain = await trx
    .selectFrom('released_keys')
    .innerJoin('histories', (join) =>
      join.onRef('histories.contract_id', '=', 'released_keys.contract_id').onRef('histories.slot', '=', 'released_keys.slot'),
    )
    .leftJoin('history_entries', (join) =>
      join
        .onRef('history_entries.contract_id', '=', 'released_keys.contract_id')
        .onRef('history_entries.slot', '=', 'released_keys.slot')
        .onRef('history_entries.run_id', '=', 'released_keys.run_id'),
    )
    .where('history_entries.run_id', 'is', null)
    .select(['histories.contract_id', 'histories.slot'])
    .distinct()
    .execute()
  for (const name of uncertain) await closeHistory(trx, name, now)
}

/** Ends a history for good: nothing of it can be read, and no run that has to be compared with it gets the slot's key. */
export async function closeHistory(trx: KeysTransaction, { contract_id, slot }: SlotName, now: Date): Promise<void> {
  await trx.deleteFrom('history_entries').where('contract_id', '=', contract_id).where('slot', '=', slot).execute()
  await trx
    .updateTable('histories')
    .set({ wrapping_version: null, suite: null, sealed: null, closed_at: now.getTime() })
    .where('contract_id', '=', contract_id)
    .where('slot', '=', slot)
    .where('sealed', 'is not', null)
    .execute()
}
