import type { GetContractRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'

export async function getContract(governance: Governance, request: GetContractRequest, context: RpcContext) {
  const { contract } = await contractOfCaller(governance, context, request.contractId, { complete: false })
  return {
    contract: contract.bytes,
    acceptedBy: [...contract.acceptedBy],
    inForce: contract.acceptedBy.length === contract.document.members.length,
  }
}
