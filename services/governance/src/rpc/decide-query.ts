import { ReinraumError } from '@reinraum/crypto'
import { enqueue } from '@reinraum/kit'
import type { DecideQueryRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { parseStatement, verifyDecision } from '@reinraum/statements'
import { statementEvent } from '../events.ts'
import { contractOfCaller, type Governance } from '../governance.ts'

/** Records an owner's approval or rejection of a known query. */
export async function decideQuery(governance: Governance, request: DecideQueryRequest, context: RpcContext) {
  const { document } = parseStatement(request.decision)
  if (document.kind !== 'reinraum/approval/v1' && document.kind !== 'reinraum/rejection/v1') {
    throw new ReinraumError('unknown-kind', 'expected an approval or a rejection')
  }
  const { contract, member } = await contractOfCaller(governance, context, document.contract, { complete: true })
  const decision = await verifyDecision(request.decision, contract, governance.now())
  if (decision.document.by !== member.id) throw new ReinraumError('permission-denied', 'the decision is signed by another member')
  await governance.store.transaction(async (trx) => {
    const query = await trx
      .selectFrom('queries')
      .select('id')
      .where('id', '=', decision.document.query)
      .where('contract_id', '=', contract.id)
      .executeTakeFirst()
    if (query === undefined) throw new ReinraumError('not-found', 'no such query')
    const inserted = await trx
      .insertInto('decisions')
      .values({
        id: decision.id,
        contract_id: contract.id,
        query_id: query.id,
        bytes: Buffer.from(decision.bytes),
        recorded_at: governance.now().getTime(),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) return
    const verb = decision.document.kind === 'reinraum/approval/v1' ? 'approved' : 'rejected'
    await enqueue(trx, statementEvent(contract.id, 'query', verb, decision.id, decision.document.kind))
  })
  return { decisionId: decision.id }
}
