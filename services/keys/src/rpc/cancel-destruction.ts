import type { CancelDestructionRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { actorOf, recordAct } from '../administration/act-log.ts'
import { cancelDestruction as cancel } from '../administration/destructions.ts'
import { eraseDue } from '../administration/erase.ts'
import { ownKey } from '../administration/owned-keys.ts'
import type { Vault } from '../vault.ts'

/** Takes the order back to destroy a key, until it is due. Runs that held the key do not get their lease back. */
export async function cancelDestruction(vault: Vault, request: CancelDestructionRequest, context: RpcContext) {
  await eraseDue(vault)
  const { contractId } = request
  const manifestId = await vault.store.transaction(async (trx) => {
    const { member, key } = await ownKey(vault, trx, request, context)
    await cancel(trx, key, vault.now().getTime())
    const { slot, manifest_id: manifest, key_id } = key
    const act = { type: 'destruction-cancelled' as const, slot, manifest, key: key_id }
    await recordAct(vault, trx, contractId, await actorOf(member, context), act)
    return manifest
  })
  vault.log.warn({ contractId, manifestId }, 'destruction of a key cancelled')
  return { manifestId }
}
