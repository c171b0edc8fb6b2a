import { ReinraumError } from '@reinraum/crypto'
import type { GetRunRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { contractOfCaller, type Governance } from '../governance.ts'
import { denialsOf } from '../run-denials.ts'
import { type RunStateName, runStateMessage } from '../run-state.ts'

export async function getRun(governance: Governance, request: GetRunRequest, context: RpcContext) {
  const row = await runOfCaller(governance, context, request.runId)
  return { status: await statusOf(governance, row) }
}

/** The run's row, if the caller is a member of its contract. @throws ReinraumError `not-found` */
export async function runOfCaller(governance: Governance, context: RpcContext, runId: string) {
  const row = await governance.store.db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst()
  if (row === undefined) throw new ReinraumError('not-found', 'no such run')
  const { member } = await contractOfCaller(governance, context, row.contract_id, { complete: true, about: 'run' })
  return { ...row, member }
}

export interface RunRow {
  readonly id: string
  readonly contract_id: string
  readonly query_id: string
  readonly state: RunStateName
  readonly reason: string
  readonly queued_at: number
  readonly updated_at: number
}

export async function statusOf(governance: Pick<Governance, 'store'>, row: RunRow) {
  return {
    runId: row.id,
    contractId: row.contract_id,
    queryId: row.query_id,
    state: runStateMessage(row.state),
    reasonCode: row.reason,
    queuedAt: BigInt(row.queued_at),
    updatedAt: BigInt(row.updated_at),
    denials: [...(await denialsOf(governance, row))],
  }
}
