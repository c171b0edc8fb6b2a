import { ReinraumError } from '@reinraum/crypto'
import type { GetQueryRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'

export async function getQuery(governance: Governance, request: GetQueryRequest, context: RpcContext) {
  const row = await governance.store.db
    .selectFrom('queries')
    .select(['contract_id', 'bytes'])
    .where('id', '=', request.queryId)
    .executeTakeFirst()
  if (row === undefined) throw new ReinraumError('not-found', 'no such query')
  await contractOfCaller(governance, context, row.contract_id, { complete: true, about: 'query' })
  return { query: row.bytes, decisions: await decisionsOf(governance, request.queryId) }
}

/** Every decision about a query, oldest first. */
export async function decisionsOf({ store }: Pick<Governance, 'store'>, queryId: string): Promise<Uint8Array[]> {
  const rows = await store.db
    .selectFrom('decisions')
    .select('bytes')
    .where('query_id', '=', queryId)
    .orderBy('recorded_at')
    .execute()
  return rows.map((row) => row.bytes)
}
