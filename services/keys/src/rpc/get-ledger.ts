import type { GetLedgerRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { endOfLedger } from '../ledger/ledger-rows.ts'
import { chargeMessage, requireLedgerOf } from '../ledger/shown-ledger.ts'
import type { Vault } from '../vault.ts'

/** Where a ledger ends, and what is spent of it. What is left is for the reader to compute: it depends on the contract's rule. */
export async function getLedger(vault: Vault, { contractId, ledger }: GetLedgerRequest, context: RpcContext) {
  return vault.store.transaction(async (trx) => {
    await requireLedgerOf(trx, { contractId, ledger }, context)
    const { sequence, digest, charged, spent } = await endOfLedger(vault, trx, ledger)
    return { sequence, digest, charged: chargeMessage(charged), spent: chargeMessage(spent) }
  })
}
