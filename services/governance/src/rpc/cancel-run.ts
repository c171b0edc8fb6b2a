import { ReinraumError } from '@reinraum/crypto'
import type { CancelRunRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import { changeRun } from '../change-run.ts'
import type { Governance } from '../governance.ts'
import { runOfCaller, statusOf } from './get-run.ts'

/** The analyst who signed the run takes it back. A finished run stays as it is. */
export async function cancelRun(governance: Governance, request: CancelRunRequest, context: RpcContext) {
  const row = await runOfCaller(governance, context, request.runId)
  const query = row.member.roles.includes('analyst')
  if (!query) throw new ReinraumError('permission-denied', 'only an analyst of the contract cancels a run')
  await governance.store.transaction((trx) => changeRun(governance, trx, row.id, 'cancelled', 'run-cancelled'))
  governance.watch.changed(row.id)
  return { status: await statusOf(governance, await runOfCaller(governance, context, row.id)) }
}
