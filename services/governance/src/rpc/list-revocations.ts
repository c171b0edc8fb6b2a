import type { ListRevocationsRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'
import { revocationsOf } from '../run-bundle.ts'

export async function listRevocations(governance: Governance, request: ListRevocationsRequest, context: RpcContext) {
  const { contract } = await contractOfCaller(governance, context, request.contractId, { complete: true })
  return { revocations: await revocationsOf(governance, contract.id) }
}
