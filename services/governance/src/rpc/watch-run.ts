import type { WatchRunRequest } from '@reinraum/proto'
import type { RpcContext } from '@reinraum/rpc'
import type { Governance } from '../governance.ts'
import { isFinal } from '../run-state.ts'
import { runOfCaller, statusOf } from './get-run.ts'

/** The run's state now and after each change, until it is final or the caller goes. */
export async function* watchRun(governance: Governance, request: WatchRunRequest, context: RpcContext) {
  let last = ''
  while (!context.signal.aborted) {
    // Listen before reading: a change in between wakes this loop instead of being lost.
    const changed = governance.watch.next(request.runId, context.signal)
    const row = await runOfCaller(governance, context, request.runId)
    const seen = `${row.state} ${row.updated_at}`
    if (seen !== last) yield { status: await statusOf(governance, row) }
    last = seen
    if (isFinal(row.state)) return
    await changed
  }
}
