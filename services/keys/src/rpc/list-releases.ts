import { callerMember } from '@reinraum/kit'
import type { ListReleasesRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { verifiedContract } from '../contracts.ts'
import { releasesOf } from '../release-log.ts'
import type { Vault } from '../vault.ts'

/** The release log of a contract, for its members, also after the contract has ended. */
export async function listReleases(vault: Vault, { contractId, afterSequence }: ListReleasesRequest, context: RpcContext) {
  callerMember(await verifiedContract(vault.store.db, contractId), context)
  return releasesOf(vault.store.db, contractId, afterSequence)
}
