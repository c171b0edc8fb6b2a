import type { ListKeysRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { describeKeys, describeSlot } from '../administration/describe-keys.ts'
import { eraseDue } from '../administration/erase.ts'
import { callerAndSlots } from '../administration/owned-keys.ts'
import type { Vault } from '../vault.ts'

/** The calling owner's slots and keys under a contract, also after the contract has ended. */
export async function listKeys(vault: Vault, { contractId, afterManifestId: after }: ListKeysRequest, context: RpcContext) {
  await eraseDue(vault)
  return vault.store.transaction(async (trx) => {
    const { member, slots: owned } = await callerAndSlots(vault, trx, contractId, context)
    const slots = []
    for (const { id } of after === '' ? owned : []) {
      const described = await describeSlot(trx, { contract_id: contractId, slot: id })
      if (described !== undefined) slots.push(described)
    }
    return { slots, ...(await describeKeys(trx, { contractId, owner: member.id, after })) }
  })
}
