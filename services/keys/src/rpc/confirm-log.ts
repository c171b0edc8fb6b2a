import { ReinraumError } from '@reinraum/crypto'
import { callerMember } from '@reinraum/kit'
import type { ConfirmLogRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { keyCustodyOf } from '@reinraum/statements'
import { callerKey } from '../caller-key.ts'
import { rememberContract } from '../contracts.ts'
import { learnContract, learnRevocations } from '../learn-revocations.ts'
import { lockOf } from '../rollback/locks.ts'
import { endOf, logStateOf } from '../rollback/log-state.ts'
import { openLockIfSettled } from '../rollback/open-lock.ts'
import type { Vault } from '../vault.ts'

/**
 * Takes an owner's word that no release came after this one. Before the last such word opens the contract, the revocations
 * that a store from the past does not know are fetched; without governance it stays locked.
 */
export async function confirmLog(vault: Vault, { contractId, sequence, releaseId }: ConfirmLogRequest, context: RpcContext) {
  const contract = await learnContract(vault, contractId)
  const member = callerMember(contract, context)
  const own = contract.document.slots.some((slot) => slot.owner === member.id && keyCustodyOf(slot).services.includes(vault.id))
  if (!own) throw new ReinraumError('permission-denied', 'only owners whose keys are here confirm the log')
  const keepRevocations = await learnRevocations(vault, contractId)
  const state = await vault.store.transaction(async (trx) => {
    const now = vault.now()
    await rememberContract(vault, trx, contract, callerKey(context), now)
    await keepRevocations(trx)
    const end = await endOf(trx, contractId)
    if (end.sequence !== sequence || end.id !== releaseId) throw new ReinraumError('conflict', 'the log ends elsewhere')
    if ((await lockOf(trx, contractId)) !== undefined) {
      const said = { sequence, release_id: releaseId, confirmed_at: now.getTime() }
      await trx
        .insertInto('log_confirmations')
        .values({ contract_id: contractId, member: member.id, ...said })
        .onConflict((conflict) => conflict.columns(['contract_id', 'member']).doUpdateSet(said))
        .execute()
      vault.log.info({ contractId, member: member.id, sequence }, 'an owner has confirmed where a log ends')
      await openLockIfSettled(vault, trx, contract)
    }
    return logStateOf(vault, trx, contract)
  })
  return { state }
}
