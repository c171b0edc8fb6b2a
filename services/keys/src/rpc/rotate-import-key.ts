import type { RotateImportKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { requireAdministrator } from '../caller-key.ts'
import { rotateImportKey as rotate } from '../imports/import-keys.ts'
import type { Vault } from '../vault.ts'

/** A new key for HSMs to wrap to, in place of all others. @throws ReinraumError `permission-denied` to all but administrators */
export async function rotateImportKey(vault: Vault, _: RotateImportKeyRequest, context: RpcContext) {
  requireAdministrator(vault, context)
  return { importKey: await rotate(vault) }
}
