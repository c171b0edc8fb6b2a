import type { ListQueriesRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'
import { decisionsOf } from './get-query.ts'

export async function listQueries(governance: Governance, request: ListQueriesRequest, context: RpcContext) {
  const { contract } = await contractOfCaller(governance, context, request.contractId, { complete: true })
  const rows = await governance.store.db
    .selectFrom('queries')
    .select(['id', 'bytes'])
    .where('contract_id', '=', contract.id)
    .orderBy('recorded_at')
    .execute()
  const queries = await Promise.all(
    rows.map(async (row) => ({ queryId: row.id, query: row.bytes, decisions: await decisionsOf(governance, row.id) })),
  )
  return { queries }
}
