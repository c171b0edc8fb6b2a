import { defaultRecordSuite, recordSuiteOf } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import { sql } from 'kysely'
import { closeHistory } from '../history/histories.ts'
import { moveHistory } from '../history/move-history.ts'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { addWrappingKey, newestWrappingKey, type SlotName, type WrappingKeyRow } from '../wrapping-keys.ts'
import { recordAct } from './act-log.ts'
import type { DestructionRow } from './destructions.ts'
import { moveDataKeys, unlessLost } from './rewrap.ts'

/**
 * Erases every dataset version whose destruction is due by the service's own clock.
 * @returns how many were erased
 */
export async function eraseDue(vault: Vault): Promise<number> {
  let erased = 0
  for (;;) {
    const [next] = await due(vault.store.db, vault.now()).limit(1).execute()
    if (next === undefined) break
    erased += await vault.store.transaction((trx) => eraseInSlot(vault, trx, next))
  }
  if (erased > 0) await forgetOldPages(vault.store)
  return erased
}

/**
 * Erases the slot's dataset versions that are due, in one transaction: their rows go, what stays moves under a fresh wrapping
 * key, and every wrapping key of the slot from before goes too. What was sealed under those, wherever a copy of it lies, opens
 * for nobody who has not kept an older copy of this store.
 */
async function eraseInSlot(vault: Vault, trx: KeysTransaction, { contract_id, slot }: SlotName): Promise<number> {
  const now = vault.now()
  const doomed = await due(trx, now).where('contract_id', '=', contract_id).where('slot', '=', slot).execute()
  if (doomed.length === 0) return 0
  const manifests = doomed.map(({ manifest_id }) => manifest_id)
  await trx.deleteFrom('data_keys').where('contract_id', '=', contract_id).where('manifest_id', 'in', manifests).execute()
  const fresh = await freshWrappingKey(vault, trx, { contract_id, slot }, now)
  // What does not open is lost already, and no reason to keep what has to go.
  await moveDataKeys(vault, trx, fresh, { leaveUnopenable: true })
  await keepHistory(vault, trx, fresh, now)
  await keepOnly(trx, fresh)
  for (const row of doomed) await leaveTombstone(vault, trx, row, fresh.version, now)
  return doomed.length
}

/**
 * What was shown of a slot outlives a version of its dataset, or the next version could be compared with nothing; it goes with
 * the last one, and for good: whoever destroys all of a dataset keeps nothing made of it. It also goes if it does not open.
 */
async function keepHistory(vault: Vault, trx: KeysTransaction, fresh: WrappingKeyRow, now: Date): Promise<void> {
  const left = trx.selectFrom('data_keys').select('manifest_id').where('contract_id', '=', fresh.contract_id)
  if ((await left.where('slot', '=', fresh.slot).executeTakeFirst()) === undefined) return closeHistory(trx, fresh, now)
  try {
    await moveHistory(vault, trx, fresh)
  } catch (error) {
    unlessLost(error, true)
    vault.log.error({ contractId: fresh.contract_id, slot: fresh.slot }, 'a history at rest does not open')
    await closeHistory(trx, fresh, now)
  }
}

/** A slot whose last key goes gets one too: versions only rise, and a minimum stays meaningful. */
async function freshWrappingKey(vault: Vault, trx: KeysTransaction, slot: SlotName, now: Date): Promise<WrappingKeyRow> {
  const newest = await newestWrappingKey(trx, slot)
  const seals = newest === undefined ? defaultRecordSuite : recordSuiteOf(newest.seals)
  return addWrappingKey(vault, trx, slot, seals, now)
}

/**
 * Leaves this wrapping key alone in its slot. All rows of the table are taken out, and the others put back: `secure_delete`
 * overwrites a row where it stands, but SQLite moves rows from page to page, and what stays in the gap of the old page is
 * overwritten only with all of that page.
 */
async function keepOnly(trx: KeysTransaction, fresh: WrappingKeyRow): Promise<void> {
  const rows = await trx.selectFrom('wrapping_keys').selectAll().execute()
  await trx.deleteFrom('wrapping_keys').execute()
  for (const row of rows) {
    const goes = row.contract_id === fresh.contract_id && row.slot === fresh.slot && row.version !== fresh.version
    if (!goes) await trx.insertInto('wrapping_keys').values(row).execute()
  }
}

async function leaveTombstone(
  vault: Vault,
  trx: KeysTransaction,
  { contract_id, manifest_id, slot, key_id }: DestructionRow,
  version: number,
  now: Date,
): Promise<void> {
  const mine = trx.updateTable('destructions').where('contract_id', '=', contract_id).where('manifest_id', '=', manifest_id)
  await mine.set({ destroyed_at: now.getTime() }).execute()
  await recordAct(vault, trx, contract_id, null, { type: 'key-destroyed', slot, manifest: manifest_id, key: key_id, version })
  vault.log.info({ contractId: contract_id, slot, manifestId: manifest_id }, 'key destroyed')
}

/**
 * Moves committed pages into the database file and cuts the write-ahead log off, where the pages of before still stand.
 * @returns false while another process reads the store: it has to be tried again
 */
export async function forgetOldPages(store: Store<KeysDatabase>): Promise<boolean> {
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(store.db)
  return rows[0]?.busy === 0
}

function due(db: Pick<KeysTransaction, 'selectFrom'>, now: Date) {
  const rows = db.selectFrom('destructions').selectAll().where('destroyed_at', 'is', null)
  return rows.where('due_at', '<=', now.getTime()).orderBy('due_at')
}
