import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, isTransient } from '../transient.ts'

/** ms before the second, third, … try: time for a service to start again */
const pausesMs = [500, 1000, 2000, 4000, 8000]

/**
 * Tries once more, a few times, what may go better then. For runs that cannot be begun again, because budgets
 * were debited for them.
 * @throws what the last try threw, or the signal's reason
 */
export async function patiently<T>(attempt: () => Promise<T>, signal: AbortSignal, pauses = pausesMs): Promise<T> {
  for (const pause of pauses) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(codeOf(error))) throw error
      signal.throwIfAborted()
      await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
  return attempt()
}
