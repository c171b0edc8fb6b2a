import type { ErrorCode } from '@reinraum/crypto'
import { enqueue, type Transaction } from '@reinraum/kit'
import { runEvent } from './events.ts'
import type { Governance } from './governance.ts'
import { afterChange, type RunChange } from './run-state.ts'
import type { GovernanceTables } from './store.ts'
import { leaveQueue, withdraw } from './work-queue.ts'

/**
 * Applies one change to a run, once. A change that does not fit the run's state has no effect.
 * @returns whether the state changed
 */
export async function changeRun(
  governance: Pick<Governance, 'now'>,
  trx: Transaction<GovernanceTables>,
  runId: string,
  change: RunChange,
  reason: ErrorCode | '',
): Promise<boolean> {
  const row = await trx.selectFrom('runs').select(['contract_id', 'state']).where('id', '=', runId).executeTakeFirst()
  if (row === undefined) return false
  // Whatever an executor says of a run, it has taken it; also of one that was cancelled before.
  await (change === 'cancelled' ? withdraw(trx, runId) : leaveQueue(governance, trx, runId))
  const state = afterChange(row.state, change)
  if (state === row.state) return false
  await trx.updateTable('runs').set({ state, reason, updated_at: governance.now().getTime() }).where('id', '=', runId).execute()
  if (change === 'cancelled') await enqueue(trx, runEvent(row.contract_id, 'cancelled', runId))
  return true
}
