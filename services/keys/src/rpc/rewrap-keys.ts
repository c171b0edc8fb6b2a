import { ReinraumError, recordSuiteOf } from '@reinraum/crypto'
import type { RewrapKeysRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { actorOf, recordAct } from '../administration/act-log.ts'
import { eraseDue } from '../administration/erase.ts'
import { requireOwnerOfSlot } from '../administration/owned-keys.ts'
import { deleteUnusedWrappingKeys, moveDataKeys } from '../administration/rewrap.ts'
import { moveHistory } from '../history/move-history.ts'
import type { KeysTransaction } from '../store.ts'
import type { Vault } from '../vault.ts'
import { addWrappingKey, newestWrappingKey, type SlotName, type WrappingKeyRow } from '../wrapping-keys.ts'

/** As many keys are moved in one transaction: others wait for about as many ms. */
export const keysPerTransaction = 200

/**
 * Moves every key of a slot under its newest wrapping key, and forgets the older ones. Asked for another suite, it makes a
 * version that seals in it. A crash leaves each key under the one or the other, and repeating goes on from there.
 */
export async function rewrapKeys(vault: Vault, request: RewrapKeysRequest, context: RpcContext) {
  await eraseDue(vault)
  const { contractId, slot } = request
  let keys = 0
  for (;;) {
    const step = await vault.store.transaction((trx) => rewrapSome(vault, trx, request, context))
    keys += step.keys
    if (step.keys === keysPerTransaction) continue
    const { version, seals: suite } = step.newest
    vault.log.info({ contractId, slot, version, suite, keys }, 'keys rewrapped')
    return { version, suite, keys }
  }
}

async function rewrapSome(vault: Vault, trx: KeysTransaction, request: RewrapKeysRequest, context: RpcContext) {
  const { contractId, slot, suite } = request
  const member = await requireOwnerOfSlot(vault, trx, request, context)
  const newest = await newestInSuite(vault, trx, { contract_id: contractId, slot }, suite)
  const keys = await moveDataKeys(vault, trx, newest, { limit: keysPerTransaction })
  if (keys < keysPerTransaction) {
    await moveHistory(vault, trx, newest)
    await deleteUnusedWrappingKeys(trx, newest)
  }
  const act = { type: 'keys-rewrapped' as const, slot, version: newest.version, suite: recordSuiteOf(newest.seals), keys }
  await recordAct(vault, trx, contractId, await actorOf(member, context), act)
  return { newest, keys }
}

async function newestInSuite(vault: Vault, trx: KeysTransaction, slot: SlotName, suite: string): Promise<WrappingKeyRow> {
  const newest = await newestWrappingKey(trx, slot)
  if (newest === undefined) throw new ReinraumError('key-unknown', 'no keys of this slot are here')
  const asked = recordSuiteOf(suite === '' ? newest.seals : suite)
  return asked === newest.seals ? newest : addWrappingKey(vault, trx, slot, asked, vault.now())
}
