import { ReinraumError } from '@reinraum/crypto'
import type { DataKeyRow } from '../data-keys.ts'
import type { KeysTransaction } from '../store.ts'
import { newestWrappingKey, type SlotName } from '../wrapping-keys.ts'

type Reader = Pick<KeysTransaction, 'selectFrom'>

/** The oldest version of the wrapping key whose data keys are released; 1 unless its owner said otherwise. */
export async function minimumVersion(db: Reader, { contract_id, slot }: SlotName): Promise<number> {
  const rows = db.selectFrom('minimum_versions').select('version').where('contract_id', '=', contract_id)
  return (await rows.where('slot', '=', slot).executeTakeFirst())?.version ?? 1
}

/** @throws ReinraumError `key-version-too-low` until the key was rewrapped */
export async function requireMinimumVersion(db: Reader, key: DataKeyRow): Promise<void> {
  if (key.wrapping_version < (await minimumVersion(db, key)))
    throw new ReinraumError('key-version-too-low', 'this key is sealed under an older wrapping key than its owner allows')
}

/**
 * Raises the minimum.
 * @returns false when it was that high already
 * @throws ReinraumError `key-unknown` before anything was imported, `invalid-argument` for a lower one, or one
 * beyond the newest version
 */
export async function raiseMinimumVersion(trx: KeysTransaction, slot: SlotName, version: number): Promise<boolean> {
  const newest = await newestWrappingKey(trx, slot)
  if (newest === undefined) throw new ReinraumError('key-unknown', 'no keys of this slot are here')
  if (version > newest.version) throw new ReinraumError('invalid-argument', 'the minimum is beyond the newest version')
  const present = await minimumVersion(trx, slot)
  if (version < present) throw new ReinraumError('invalid-argument', 'a minimum version only rises')
  if (version === present) return false
  const { contract_id, slot: id } = slot
  await trx
    .insertInto('minimum_versions')
    .values({ contract_id, slot: id, version })
    .onConflict((conflict) => conflict.columns(['contract_id', 'slot']).doUpdateSet({ version }))
    .execute()
  return true
}
