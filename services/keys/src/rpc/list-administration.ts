import { callerMember } from '@reinraum/kit'
import type { ListAdministrationRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { actsOf } from '../administration/act-log.ts'
import { verifiedContract } from '../contracts.ts'
import type { Vault } from '../vault.ts'

/** What was done to the keys of a contract, for its members: all of one chain, or they could not see that it has no gap. */
export async function listAdministration(
  vault: Vault,
  { contractId, afterSequence }: ListAdministrationRequest,
  context: RpcContext,
) {
  callerMember(await verifiedContract(vault.store.db, contractId), context)
  return actsOf(vault.store.db, contractId, afterSequence)
}
