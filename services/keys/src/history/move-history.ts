import { zeroise } from '@reinraum/crypto'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { type WrappingKeyRow, withWrappingKey } from '../wrapping-keys.ts'
import { findHistory } from './histories.ts'
import { openHistoryRow, sealUnder } from './history-record.ts'

/** Moves the slot's history under the wrapping key `to`, if there is one. @throws ReinraumError when it does not open */
export async function moveHistory(vault: Vault, trx: KeysTransaction, to: WrappingKeyRow): Promise<void> {
  const row = await findHistory(trx, to)
  if (row === undefined || row.sealed === null || row.wrapping_version === to.version) return
  const history = await openHistoryRow(vault, trx, row)
  try {
    const { wrapping_version, suite, sealed } = await withWrappingKey(vault, to, (open) =>
      sealUnder(vault, open, to, row, history),
    )
    const own = trx.updateTable('histories').set({ wrapping_version, suite, sealed }).where('contract_id', '=', row.contract_id)
    await own.where('slot', '=', row.slot).execute()
  } finally {
    zeroise(history.key)
  }
}
