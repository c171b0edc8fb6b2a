import type { DestroyKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { actorOf, recordAct } from '../administration/act-log.ts'
import { destructionDelay } from '../administration/destruction-delay.ts'
import { scheduleDestruction } from '../administration/destructions.ts'
import { eraseDue } from '../administration/erase.ts'
import { ownKey } from '../administration/owned-keys.ts'
import type { Vault } from '../vault.ts'

/** Ends the release of a key with the answer, and destroys it when the delay is over. */
export async function destroyKey(vault: Vault, request: DestroyKeyRequest, context: RpcContext) {
  await eraseDue(vault)
  const { contractId } = request
  const delay = destructionDelay(request.delayMs, vault.minimumDestructionDelayMs)
  const scheduled = await vault.store.transaction(async (trx) => {
    const { member, key } = await ownKey(vault, trx, request, context)
    const by = await actorOf(member, context)
    const now = vault.now().getTime()
    const due = now + delay
    await scheduleDestruction(trx, key, by, { now, due })
    const { slot, manifest_id: manifest, key_id } = key
    const act = { type: 'destruction-scheduled' as const, slot, manifest, key: key_id, due: new Date(due).toISOString() }
    await recordAct(vault, trx, contractId, by, act)
    return { manifestId: manifest, destructionDueAt: BigInt(due) }
  })
  vault.log.warn({ contractId, manifestId: scheduled.manifestId, delay }, 'destruction of a key scheduled')
  if (delay === 0) await eraseDue(vault)
  return scheduled
}
