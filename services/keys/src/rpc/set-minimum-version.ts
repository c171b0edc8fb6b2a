import type { SetMinimumVersionRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { actorOf, recordAct } from '../administration/act-log.ts'
import { eraseDue } from '../administration/erase.ts'
import { raiseMinimumVersion } from '../administration/minimum-version.ts'
import { requireOwnerOfSlot } from '../administration/owned-keys.ts'
import type { Vault } from '../vault.ts'

/** Ends the release of keys that stay under an older wrapping key than this. */
export async function setMinimumVersion(vault: Vault, request: SetMinimumVersionRequest, context: RpcContext) {
  await eraseDue(vault)
  const { contractId, slot, version } = request
  await vault.store.transaction(async (trx) => {
    const member = await requireOwnerOfSlot(vault, trx, request, context)
    if (!(await raiseMinimumVersion(trx, { contract_id: contractId, slot }, version))) return
    const act = { type: 'minimum-version-set' as const, slot, version }
    await recordAct(vault, trx, contractId, await actorOf(member, context), act)
  })
  vault.log.info({ contractId, slot, version }, 'minimum version set')
  return { version }
}
