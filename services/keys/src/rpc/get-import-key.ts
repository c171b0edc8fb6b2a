import { currentImportKey } from '../imports/import-keys.ts'
import type { Vault } from '../vault.ts'

/** The key that an HSM may wrap to, signed by this service. */
export async function getImportKey(vault: Vault) {
  return { importKey: await currentImportKey(vault) }
}
