import type { GetKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { describeKey } from '../administration/describe-keys.ts'
import { eraseDue } from '../administration/erase.ts'
import { ownKeyName } from '../administration/owned-keys.ts'
import type { Vault } from '../vault.ts'

/** One key of the calling owner, or what is left of it. */
export async function getKey(vault: Vault, request: GetKeyRequest, context: RpcContext) {
  await eraseDue(vault)
  return vault.store.transaction(async (trx) => {
    const { manifestId } = await ownKeyName(vault, trx, request, context)
    return { key: await describeKey(trx, request.contractId, manifestId) }
  })
}
