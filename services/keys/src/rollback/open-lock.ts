import type { VerifiedContract } from '@reinraum/statements'
import type { KeysTransaction } from '../store.ts'
import type { Site } from '../vault.ts'
import { lockOf } from './locks.ts'
import { newestPresented, ownersAwaited } from './log-state.ts'

/**
 * Ends a contract's lock if it may end: the log holds every release that was shown, and each owner whose keys the contract
 * places here has confirmed where it ends. An operator who is none of them cannot bring that about, and an owner not alone. A
 * log that went two ways stays locked for good.
 */
export async function openLockIfSettled(site: Site, trx: KeysTransaction, contract: VerifiedContract): Promise<void> {
  const lock = await lockOf(trx, contract.id)
  if (lock === undefined || lock === 'forked') return
  if ((await newestPresented(trx, contract.id)) > 0 || (await ownersAwaited(site, trx, contract)).length > 0) return
  await trx.deleteFrom('locks').where('contract_id', '=', contract.id).execute()
  await trx.deleteFrom('log_confirmations').where('contract_id', '=', contract.id).execute()
  site.log.warn({ contractId: contract.id }, 'the owners have confirmed the log of a locked contract: it is open again')
}
