import { callerMember } from '@reinraum/kit'
import type { GetLogStateRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { learnContract } from '../learn-revocations.ts'
import { logStateOf } from '../rollback/log-state.ts'
import type { Vault } from '../vault.ts'

/** Where the log of a contract ends, also of one that this service never heard of, or does not remember. */
export async function getLogState(vault: Vault, { contractId }: GetLogStateRequest, context: RpcContext) {
  const contract = await learnContract(vault, contractId)
  callerMember(contract, context)
  return { state: await vault.store.transaction((trx) => logStateOf(vault, trx, contract)) }
}
