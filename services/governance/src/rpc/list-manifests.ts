import type { ListManifestsRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'

export async function listManifests(governance: Governance, request: ListManifestsRequest, context: RpcContext) {
  const { contract } = await contractOfCaller(governance, context, request.contractId, { complete: true })
  const rows = await governance.store.db
    .selectFrom('manifests')
    .select('bytes')
    .where('contract_id', '=', contract.id)
    .orderBy('slot')
    .orderBy('version')
    .execute()
  return { manifests: rows.map((row) => row.bytes) }
}
