import { fromBinary } from '@bufbuild/protobuf'
import { ReinraumError } from '@reinraum/crypto'
import type { EventRecord } from '@reinraum/kit'
import { RunEventSchema } from '@reinraum/proto'

/** What can stop a run in flight from outside: its cancellation, or a revocation that has to be looked into. */
export interface Stops {
  handle(event: EventRecord): void
  /** Follows one run. The signal aborts with `run-cancelled`. */
  follow(runId: string): { readonly signal: AbortSignal; readonly onRevocation: (check: () => void) => () => void; end(): void }
}

export function createStops(): Stops {
  const running = new Map<string, AbortController>()
  const checks = new Set<() => void>()
  return {
    handle(event) {
      if (event.noun === 'revocation') for (const check of checks) check()
      if (event.noun !== 'run' || event.verb !== 'cancelled') return
      running
        .get(fromBinary(RunEventSchema, event.body).runId)
        ?.abort(new ReinraumError('run-cancelled', 'the run was cancelled'))
    },
    follow(runId) {
      const controller = new AbortController()
      running.set(runId, controller)
      return {
        signal: controller.signal,
        onRevocation(check) {
          checks.add(check)
          return () => checks.delete(check)
        },
        end() {
          if (running.get(runId) === controller) running.delete(runId)
        },
      }
    },
  }
}
