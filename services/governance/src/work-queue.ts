import { enqueue, type Transaction } from '@reinraum/kit'
import { runEvent } from './events.ts'
import type { Governance } from './governance.ts'
import type { GovernanceTables } from './store.ts'

/**
 * So many runs of all contracts together wait in the work stream for an executor to take them. The stream hands them out in the
 * order in which they came, so the others wait here, where contracts take turns. More would make a newcomer wait longer; fewer
 * could leave executors idle for as long as an event takes to get here.
 */
const mostInStream = 4

/** The stream forgets what nobody took for seven days; what was lost so is put there again. */
const lostAfterMs = 8 * 24 * 3600_000

type Trx = Transaction<GovernanceTables>

/** Puts a new run behind the others of its contract, and its contract, if it has none waiting, behind the other contracts. */
export async function enterQueue(
  governance: Pick<Governance, 'now'>,
  trx: Trx,
  contractId: string,
  runId: string,
): Promise<void> {
  await trx.insertInto('run_queue').values({ run_id: runId, contract_id: contractId, dispatched_at: null }).execute()
  await joinTurns(trx, contractId)
  await dispatch(governance, trx)
}

/** An executor has taken the run, or will never: the next one may follow it into the stream. */
export async function leaveQueue(governance: Pick<Governance, 'now'>, trx: Trx, runId: string): Promise<void> {
  await trx.deleteFrom('run_queue').where('run_id', '=', runId).execute()
  await dispatch(governance, trx)
}

/**
 * Takes back a run that still waits here. One that is in the stream keeps its place among the few until an executor has had it in
 * its hands: whoever starts runs and cancels them at once must not fill the stream with them.
 */
export async function withdraw(trx: Trx, runId: string): Promise<void> {
  await trx.deleteFrom('run_queue').where('run_id', '=', runId).where('dispatched_at', 'is', null).execute()
}

/** Fills the stream up, contract after contract. The events go out with the transaction or not at all, so a crash loses no turn. */
export async function dispatch(governance: Pick<Governance, 'now'>, trx: Trx): Promise<void> {
  const now = governance.now().getTime()
  await recoverLost(trx, now)
  const { inStream } = await trx
    .selectFrom('run_queue')
    .select(({ fn }) => fn.countAll<number>().as('inStream'))
    .where('dispatched_at', 'is not', null)
    .executeTakeFirstOrThrow()
  for (let room = mostInStream - Number(inStream); room > 0; ) {
    const turn = await trx.selectFrom('run_turns').selectAll().orderBy('turn').limit(1).executeTakeFirst()
    if (turn === undefined) return
    await trx.deleteFrom('run_turns').where('turn', '=', turn.turn).execute()
    const run = await nextOf(trx, turn.contract_id)
    if (run === undefined) continue
    await trx.updateTable('run_queue').set({ dispatched_at: now }).where('run_id', '=', run.run_id).execute()
    await enqueue(trx, runEvent(turn.contract_id, 'queued', run.run_id))
    await joinTurns(trx, turn.contract_id)
    room -= 1
  }
}

function nextOf(trx: Trx, contractId: string) {
  return trx
    .selectFrom('run_queue')
    .select('run_id')
    .where('contract_id', '=', contractId)
    .where('dispatched_at', 'is', null)
    .orderBy('sequence')
    .limit(1)
    .executeTakeFirst()
}

/** At the end of the turns, unless it has one already. */
async function joinTurns(trx: Trx, contractId: string): Promise<void> {
  await trx
    .insertInto('run_turns')
    .values({ contract_id: contractId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

async function recoverLost(trx: Trx, now: number): Promise<void> {
  const lost = await trx
    .updateTable('run_queue')
    .set({ dispatched_at: null })
    .where('dispatched_at', '<', now - lostAfterMs)
    .returning('contract_id')
    .execute()
  for (const { contract_id } of lost) await joinTurns(trx, contract_id)
}
