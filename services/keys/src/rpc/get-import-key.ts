import type { GetImportKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { requireAdministrator } from '../caller-key.ts'
import { currentImportKey, rotateImportKey } from '../imports/import-keys.ts'
import type { Vault } from '../vault.ts'

/** The key that an HSM may wrap to, signed by this service. Administrators can have it replaced. */
export async function getImportKey(vault: Vault, { rotate }: GetImportKeyRequest, context: RpcContext) {
  if (rotate) requireAdministrator(vault, context)
  return { importKey: rotate ? await rotateImportKey(vault) : await currentImportKey(vault) }
}
