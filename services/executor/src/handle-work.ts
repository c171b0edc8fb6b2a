import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import { type Delivery, type EventRecord, newEvent } from '@reinraum/kit'
import { RunEventSchema } from '@reinraum/proto'
import type { Executor } from './executor.ts'
import { withinEvent } from './run/budget-denial.ts'
import { executeRun } from './run/execute-run.ts'
import { heardLater } from './run/heard-later.ts'
import { startLaps } from './run/laps.ts'
import type { Stops } from './stops.ts'
import { codeOf, isTransient } from './transient.ts'

const stillWorkingEveryMs = 5_000

/**
 * One run from the work queue, to its end: a result that stands, or a reason why there is none. Returning takes it off the
 * queue; throwing puts it back. Repeating it is safe: a result that stands is found before any key is asked for.
 */
export async function handleWork(executor: Executor, stops: Stops, event: EventRecord, delivery: Delivery): Promise<void> {
  const { contractId, runId } = fromBinary(RunEventSchema, event.body)
  const heartbeat = setInterval(() => delivery.working(), stillWorkingEveryMs)
  const following = stops.follow(runId)
  const laps = startLaps()
  const log = executor.log.child({ run: runId, attempt: delivery.attempt })
  const denials: Uint8Array[] = []
  let started = Promise.resolve()
  try {
    const asked = heardLater(executor.runDirectory.getRunBundle({ runId }))
    if ((await executor.intake.getDeposit({ runId })).exists) return
    const { bundle, cancelled } = await asked
    if (bundle === undefined) throw new ReinraumError('not-found', 'no such run')
    // Said of a cancelled one too: governance sends the next run when this one is off the queue.
    started = heardLater(publish(executor, { contractId, runId, verb: 'started' }))
    if (cancelled) return await started
    laps.lap('fetch')
    const signal = AbortSignal.any([following.signal, delivery.signal])
    const { onRevocation } = following
    const onShort = (denial: Uint8Array) => void denials.push(denial)
    const stands = await executeRun(executor, bundle, { runId, signal, onRevocation, onShort, started, laps })
    log.info({ stands, milliseconds: laps.milliseconds }, 'run delivered')
  } catch (error) {
    const code = codeOf(error)
    // The last attempt's failure is the run's: nobody will try again. Nor does anybody where budgets were debited.
    if ((isTransient(code) && delivery.attempt < 5) || (delivery.signal.aborted && code !== 'budget-spent')) {
      log.warn({ err: error }, 'run put back')
      throw error
    }
    log.warn({ err: error }, 'run failed')
    const reasonCode = code === 'internal' ? 'run-failed' : code
    // One after the other, as it happened.
    await Promise.allSettled([started])
    const told = reasonCode === 'budget-exhausted' ? withinEvent(denials) : []
    await publish(executor, { contractId, runId, verb: 'failed', reasonCode, denials: told })
  } finally {
    following.end()
    clearInterval(heartbeat)
  }
}

interface RunSaying {
  readonly contractId: string
  readonly runId: string
  readonly verb: 'started' | 'failed'
  readonly reasonCode?: ErrorCode
  readonly denials?: readonly Uint8Array[]
}

/** One id per run and verb: whichever attempt says it, it is said once. */
async function publish(executor: Executor, { contractId, runId, verb, reasonCode, denials = [] }: RunSaying): Promise<void> {
  const said = { contractId, runId, reasonCode: reasonCode ?? '', denials: [...denials] }
  const body = toBinary(RunEventSchema, create(RunEventSchema, said))
  await executor.bus.publish(newEvent({ contractId, noun: 'run', verb, body, id: `${runId.replace('sha256:', '')}.${verb}` }))
}
