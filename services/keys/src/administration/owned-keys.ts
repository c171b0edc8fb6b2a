import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { KeyReference } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { keyCustodyOf, type Member, type Slot } from '@reinraum/statements'
import { verifiedContract } from '../contracts.ts'
import { type DataKeyRow, findDataKey } from '../data-keys.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'

/** The calling member, and those of its slots whose keys the contract gives to this service. The contract may have ended. */
export async function callerAndSlots(
  vault: Vault,
  trx: KeysTransaction,
  contractId: string,
  context: RpcContext,
): Promise<{ readonly member: Member; readonly slots: readonly Slot[] }> {
  const contract = await verifiedContract(trx, contractId)
  const member = callerMember(contract, context)
  const slots = contract.document.slots.filter(
    (slot) => slot.owner === member.id && keyCustodyOf(slot).services.includes(vault.id),
  )
  return { member, slots }
}

/**
 * The owner of a slot, calling. A slot of another owner is as unknown as one that does not exist.
 * @throws ReinraumError `key-unknown`, `permission-denied` for somebody who is no member
 */
export async function requireOwnerOfSlot(
  vault: Vault,
  trx: KeysTransaction,
  { contractId, slot }: { readonly contractId: string; readonly slot: string },
  context: RpcContext,
): Promise<Member> {
  const { member, slots } = await callerAndSlots(vault, trx, contractId, context)
  if (slots.some(({ id }) => id === slot)) return member
  throw new ReinraumError('key-unknown', 'no keys of such a slot of this owner are here')
}

interface KeyRequest {
  readonly contractId: string
  readonly key?: KeyReference | undefined
}

/**
 * A key of the calling owner that is here or was, by its dataset version or its own id.
 * @throws ReinraumError `key-unknown`, also for another owner's key; `conflict` when several of its keys have this id
 */
export async function ownKeyName(
  vault: Vault,
  trx: KeysTransaction,
  { contractId, key }: KeyRequest,
  context: RpcContext,
): Promise<{ readonly member: Member; readonly manifestId: string }> {
  const { member } = await callerAndSlots(vault, trx, contractId, context)
  const { case: kind, value = '' } = key?.name ?? { case: undefined }
  const column = kind === 'keyId' ? 'key_id' : 'manifest_id'
  const owned = (from: 'data_keys' | 'destructions') =>
    trx.selectFrom(from).select('manifest_id').where('contract_id', '=', contractId).where('owner', '=', member.id)
  const named = await owned('data_keys')
    .where(column, '=', value)
    .union(owned('destructions').where(column, '=', value))
    .limit(2)
    .execute()
  const [found, another] = named
  if (found === undefined) throw new ReinraumError('key-unknown', 'no such key of this owner is here')
  if (another !== undefined) throw new ReinraumError('conflict', 'several keys have this id; name the dataset version')
  return { member, manifestId: found.manifest_id }
}

/** As `ownKeyName`, for a key that is still here. @throws ReinraumError `key-destroyed` */
export async function ownKey(
  vault: Vault,
  trx: KeysTransaction,
  request: KeyRequest,
  context: RpcContext,
): Promise<{ readonly member: Member; readonly key: DataKeyRow }> {
  const { member, manifestId } = await ownKeyName(vault, trx, request, context)
  const key = await findDataKey(trx, request.contractId, manifestId)
  if (key === undefined) throw new ReinraumError('key-destroyed', 'this key was destroyed')
  return { member, key }
}
