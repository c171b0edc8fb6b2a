import { ReinraumError } from '@reinraum/crypto'
import { keyCustodyOf, type VerifiedRun } from '@reinraum/statements'
import { requireNoneDestroyed } from '../administration/destructions.ts'
import { requireMinimumVersion } from '../administration/minimum-version.ts'
import { findDataKey } from '../data-keys.ts'
import type { KeysDatabase, KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

/**
 * The keys of the run's dataset versions that this service holds: of the slots that the contract gives to it, for exactly the
 * manifests that the run names, imported under exactly this contract.
 * @throws ReinraumError `key-unknown` (no slot of the run is here, or a version was never imported), `key-mismatch`,
 *   `key-destroyed` (or about to be), `key-version-too-low`
 */
export async function keysOfRun(vault: Vault, trx: KeysTransaction, verified: VerifiedRun): Promise<KeysDatabase['data_keys'][]> {
  const keys: KeysDatabase['data_keys'][] = []
  for (const slot of verified.contract.document.slots) {
    const manifest = verified.manifests.get(slot.id)
    if (manifest === undefined || !keyCustodyOf(slot).services.includes(vault.id)) continue
    await requireNoneDestroyed(trx, verified.contract.id, [manifest.id])
    const key = await findDataKey(trx, verified.contract.id, manifest.id)
    if (key === undefined) throw new ReinraumError('key-unknown', 'the key of a dataset version was never imported here')
    if (key.slot !== slot.id || key.owner !== slot.owner || key.key_id !== manifest.document.key) {
      throw new ReinraumError('key-mismatch', 'a stored key belongs to another dataset version')
    }
    await requireMinimumVersion(trx, key)
    keys.push(key)
  }
  if (keys.length === 0) throw new ReinraumError('key-unknown', 'this run reads no slot whose keys are here')
  return keys
}
