import { isReinraumError, ReinraumError, zeroise } from '@reinraum/crypto'
import { type DataKeyRow, openUnder, sealUnder } from '../data-keys.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { type WrappingKeyRow, withWrappingKey, wrappingKeysOf } from '../wrapping-keys.ts'

export interface MoveOptions {
  /** as many keys are moved at once */
  readonly limit?: number
  /** leaves a key where it is that does not open any more, rather than to move none */
  readonly leaveUnopenable?: boolean
}

/**
 * Moves data keys of the slot under the wrapping key `to`: each is opened, and sealed in its suite.
 * @returns how many were moved; as many as `limit` when there may be more
 * @throws ReinraumError `decryption-failed`, `key-mismatch`, `suite-unsupported` when one does not open
 */
export async function moveDataKeys(
  vault: Vault,
  trx: KeysTransaction,
  to: WrappingKeyRow,
  { limit = Number.MAX_SAFE_INTEGER, leaveUnopenable = false }: MoveOptions = {},
): Promise<number> {
  const keys = trx.selectFrom('data_keys').selectAll().where('contract_id', '=', to.contract_id).where('slot', '=', to.slot)
  const rows = await keys.where('wrapping_version', '!=', to.version).orderBy('wrapping_version').limit(limit).execute()
  const wrapping = await wrappingKeysOf(trx, to)
  const moved: DataKeyRow[] = []
  await withWrappingKey(vault, to, async (target) => {
    for (const from of wrapping) {
      const under = rows.filter((row) => row.wrapping_version === from.version)
      if (under.length === 0) continue
      const move = (source: Uint8Array) => {
        for (const row of under) moved.push(...moveOne(vault, { source, from }, { target, to }, row, leaveUnopenable))
      }
      await withWrappingKey(vault, from, move).catch((error: unknown) => unlessLost(error, leaveUnopenable))
    }
  })
  if (moved.length < rows.length && !leaveUnopenable)
    throw new ReinraumError('decryption-failed', 'the wrapping key of a data key is gone')
  for (const { contract_id, manifest_id, wrapping_version, suite, sealed } of moved) {
    await trx
      .updateTable('data_keys')
      .set({ wrapping_version, suite, sealed })
      .where('contract_id', '=', contract_id)
      .where('manifest_id', '=', manifest_id)
      .execute()
  }
  return moved.length
}

function moveOne(
  vault: Vault,
  { source, from }: { readonly source: Uint8Array; readonly from: WrappingKeyRow },
  { target, to }: { readonly target: Uint8Array; readonly to: WrappingKeyRow },
  row: DataKeyRow,
  leaveUnopenable: boolean,
): readonly DataKeyRow[] {
  try {
    const key = openUnder(vault, source, from, row)
    try {
      return [sealUnder(vault, target, to, row, key)]
    } finally {
      zeroise(key)
    }
  } catch (error) {
    unlessLost(error, leaveUnopenable)
    vault.log.error({ contractId: row.contract_id, manifestId: row.manifest_id }, 'a data key at rest does not open')
    return []
  }
}

/** What was changed on the disk stays unopenable, whatever becomes of it; any other failure may pass. */
export function unlessLost(error: unknown, leaveUnopenable: boolean): void {
  const lost = isReinraumError(error) && ['decryption-failed', 'key-mismatch', 'suite-unsupported'].includes(error.code)
  if (!lost || !leaveUnopenable) throw error
}

/** Deletes the slot's wrapping keys that nothing rests on, but the newest. */
export async function deleteUnusedWrappingKeys(trx: KeysTransaction, newest: WrappingKeyRow): Promise<void> {
  const { contract_id, slot, version } = newest
  const used = trx
    .selectFrom('data_keys')
    .select('wrapping_version')
    .where('contract_id', '=', contract_id)
    .where('slot', '=', slot)
  await trx
    .deleteFrom('wrapping_keys')
    .where('contract_id', '=', contract_id)
    .where('slot', '=', slot)
    .where('version', '!=', version)
    .where('version', 'not in', used)
    .execute()
}
