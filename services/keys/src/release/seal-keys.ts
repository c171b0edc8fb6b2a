import { canonicalBytes, hpkeSeal, utf8, zeroise } from '@reinraum/crypto'
import { openDataKey } from '../data-keys.ts'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

export interface SealedDataKey {
  readonly slot: string
  readonly manifestId: string
  readonly sealedKey: Uint8Array
}

/**
 * Step 8. Seals each data key to the KEM key inside the appraised evidence; `info` is the report_data, so that it opens
 * nowhere else. A data key is open only between these lines.
 * @throws ReinraumError `invalid-argument` when nothing can be sealed to the KEM key, `decryption-failed`, `key-mismatch`
 */
export async function sealKeys(
  vault: Vault,
  trx: KeysTransaction,
  keys: readonly KeysDatabase['data_keys'][],
  to: { readonly kemPublicKey: Uint8Array; readonly reportData: Uint8Array },
): Promise<SealedDataKey[]> {
  const sealed: SealedDataKey[] = []
  for (const row of keys) {
    const dataKey = await openDataKey(vault, trx, row)
    try {
      const object = await hpkeSeal(to.kemPublicKey, dataKey, { info: to.reportData, aad: utf8(row.manifest_id) })
      sealed.push({ slot: row.slot, manifestId: row.manifest_id, sealedKey: canonicalBytes(object) })
    } finally {
      zeroise(dataKey)
    }
  }
  return sealed
}
