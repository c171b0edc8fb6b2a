import { setTimeout as sleep } from 'node:timers/promises'
import { isReinraumError } from '@reinraum/crypto'

export interface RetryOptions {
  /** calls in all, 5 unless told */
  readonly attempts?: number
  /** ms before the second attempt, doubled for each further one; 100 unless told */
  readonly firstDelayMs?: number
  /** ms, 5000 unless told */
  readonly maxDelayMs?: number
  readonly signal?: AbortSignal
  /** Told before each wait. */
  readonly onRetry?: (error: unknown, attempt: number) => void
}

/** Repeats a call while the other side is `unavailable`, with exponential backoff and full jitter. Any other error is final. */
export async function withRetry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5, firstDelayMs = 100, maxDelayMs = 5000, signal } = options
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await fn(attempt)
    } catch (error) {
      if (attempt >= attempts || !isReinraumError(error) || error.code !== 'unavailable') throw error
      options.onRetry?.(error, attempt)
      const ceiling = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1))
      // At least half of the step, so that a short series still spans the time a restart takes.
      await sleep(ceiling * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal })
    }
  }
}
