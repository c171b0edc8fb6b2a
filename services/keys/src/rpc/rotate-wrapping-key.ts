import { ReinraumError, recordSuiteOf } from '@reinraum/crypto'
import type { RotateWrappingKeyRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { actorOf, recordAct } from '../administration/act-log.ts'
import { eraseDue } from '../administration/erase.ts'
import { requireOwnerOfSlot } from '../administration/owned-keys.ts'
import type { Vault } from '../vault.ts'
import { addWrappingKey, wrappingKeysOf } from '../wrapping-keys.ts'

/** Versions of one slot that may be there at a time; rewrapping forgets those that are not used any more. */
export const maximumWrappingKeys = 64

/** Makes the next version of a slot's wrapping key; keys that are here stay under theirs until they are rewrapped. */
export async function rotateWrappingKey(vault: Vault, request: RotateWrappingKeyRequest, context: RpcContext) {
  await eraseDue(vault)
  const { contractId, slot } = request
  const version = await vault.store.transaction(async (trx) => {
    const member = await requireOwnerOfSlot(vault, trx, request, context)
    const name = { contract_id: contractId, slot }
    const present = await wrappingKeysOf(trx, name)
    const newest = present.at(-1)
    if (newest === undefined) throw new ReinraumError('key-unknown', 'no keys of this slot are here')
    if (present.length >= maximumWrappingKeys)
      throw new ReinraumError('resource-exhausted', 'this slot has too many wrapping keys; rewrap its keys first')
    const suite = recordSuiteOf(newest.seals)
    const added = await addWrappingKey(vault, trx, name, suite, vault.now())
    const act = { type: 'wrapping-key-rotated' as const, slot, version: added.version, suite }
    await recordAct(vault, trx, contractId, await actorOf(member, context), act)
    return added.version
  })
  vault.log.info({ contractId, slot, version }, 'wrapping key rotated')
  return { version }
}
