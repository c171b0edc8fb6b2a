import { setTimeout as sleep } from 'node:timers/promises'

/** The points in time at which a run may show that it is through with its data: multiples of a step since its own start. */
export interface ReleaseGrid {
  /** Waits for the next point. @throws the signal's reason when it aborts before */
  next(signal: AbortSignal): Promise<void>
}

/** Begins now. How long a query takes then tells how many steps it took, and nothing finer. */
export function startReleaseGrid(everyMs: number): ReleaseGrid {
  const started = performance.now()
  return {
    async next(signal) {
      const elapsed = performance.now() - started
      await sleep(everyMs - (elapsed % everyMs), undefined, { signal })
    },
  }
}
