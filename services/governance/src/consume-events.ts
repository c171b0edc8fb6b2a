import { fromBinary } from '@bufbuild/protobuf'
import { isErrorCode } from '@reinraum/crypto'
import { type EventRecord, receiveOnce } from '@reinraum/kit'
import { RunEventSchema } from '@reinraum/proto'
import { changeRun } from './change-run.ts'
import type { Governance } from './governance.ts'
import { keepDenials, verifiedDenials } from './run-denials.ts'
import type { RunChange } from './run-state.ts'

/** Event types that change a run, by `<noun>.<verb>`. */
const changes: Readonly<Record<string, RunChange>> = {
  'run.started': 'started',
  'run.failed': 'failed',
  'result.deposited': 'deposited',
  'result.released': 'released',
  'result.rejected': 'rejected',
}

/** Applies an event of another service to the run it speaks of, once per message id. */
export async function consumeEvent(governance: Governance, event: EventRecord): Promise<void> {
  const change = changes[`${event.noun}.${event.verb}`]
  if (change === undefined) return
  const { runId, reasonCode, denials } = fromBinary(RunEventSchema, event.body)
  const reason =
    change === 'rejected' ? 'review-rejected' : change === 'failed' ? (isErrorCode(reasonCode) ? reasonCode : 'run-failed') : ''
  const told = reason === 'budget-exhausted' ? await verifiedDenials(governance, runId, denials) : []
  const applied = await receiveOnce(governance.store, event.id, async (trx) => {
    if (await changeRun(governance, trx, runId, change, reason)) await keepDenials(trx, runId, told)
  })
  if (applied) governance.watch.changed(runId)
}

/** A run that no executor could finish is over. */
export async function consumeDeadLetter(governance: Governance, event: EventRecord): Promise<void> {
  if (event.noun !== 'run' || event.verb !== 'queued') return
  const { runId } = fromBinary(RunEventSchema, event.body)
  await receiveOnce(governance.store, event.id, async (trx) => {
    await changeRun(governance, trx, runId, 'abandoned', 'run-abandoned')
  })
  governance.watch.changed(runId)
}
