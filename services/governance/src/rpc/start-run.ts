import { ReinraumError } from '@reinraum/crypto'
import type { StartRunRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { parseStatement, verifyRunBundle } from '@reinraum/statements'
import { contractOfCaller, type Governance } from '../governance.ts'
import { runBundle } from '../run-bundle.ts'
import { enterQueue } from '../work-queue.ts'

/** Checks a run as the key services and the executor will, and has it wait for its turn on the work queue. */
export async function startRun(governance: Governance, request: StartRunRequest, context: RpcContext) {
  const { document } = parseStatement(request.run)
  if (document.kind !== 'reinraum/run/v1') throw new ReinraumError('unknown-kind', 'expected a run')
  const { contract, member } = await contractOfCaller(governance, context, document.contract, { complete: true })
  if (document.by !== member.id) throw new ReinraumError('permission-denied', 'the run is signed by another member')
  const verified = await verifyRunBundle(await runBundle(governance, request.run, document), { now: governance.now() })
  const now = governance.now().getTime()
  await governance.store.transaction(async (trx) => {
    const inserted = await trx
      .insertInto('runs')
      .values({
        id: verified.run.id,
        contract_id: contract.id,
        query_id: verified.query.id,
        bytes: Buffer.from(verified.run.bytes),
        state: 'queued',
        reason: '',
        queued_at: now,
        updated_at: now,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) return
    await enterQueue(governance, trx, contract.id, verified.run.id)
  })
  return { runId: verified.run.id }
}
