import { ReinraumError } from '@reinraum/crypto'
import { enqueue } from '@reinraum/kit'
import type { ProposeQueryRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { parseStatement, verifyQuery } from '@reinraum/statements'
import { statementEvent } from '../events.ts'
import { contractOfCaller, type Governance } from '../governance.ts'

/** Records an analyst's query. SQL is not parsed here: the guard decides inside the enclave. */
export async function proposeQuery(governance: Governance, request: ProposeQueryRequest, context: RpcContext) {
  const parsed = parseStatement(request.query)
  if (parsed.document.kind !== 'reinraum/query/v1') throw new ReinraumError('unknown-kind', 'expected a query')
  const { contract, member } = await contractOfCaller(governance, context, parsed.document.contract, { complete: true })
  const query = await verifyQuery(request.query, contract, governance.now())
  if (query.document.by !== member.id) throw new ReinraumError('permission-denied', 'the query is signed by another member')
  await governance.store.transaction(async (trx) => {
    const inserted = await trx
      .insertInto('queries')
      .values({
        id: query.id,
        contract_id: contract.id,
        bytes: Buffer.from(query.bytes),
        recorded_at: governance.now().getTime(),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) return
    await enqueue(trx, statementEvent(contract.id, 'query', 'proposed', query.id, query.document.kind))
  })
  return { queryId: query.id }
}
