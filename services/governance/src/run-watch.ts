/** Wakes those who follow a run when its state may have changed. Holds nothing but the waiting. */
export interface RunWatch {
  changed(runId: string): void
  /** Resolves at the next change of the run, or when the signal aborts. */
  next(runId: string, signal: AbortSignal): Promise<void>
  /** How many wait. */
  readonly size: number
}

export function createRunWatch(): RunWatch {
  const waiting = new Map<string, Set<() => void>>()
  return {
    get size() {
      return [...waiting.values()].reduce((count, wakes) => count + wakes.size, 0)
    },
    changed(runId) {
      const wakes = waiting.get(runId)
      waiting.delete(runId)
      for (const wake of wakes ?? []) wake()
    },
    next(runId, signal) {
      if (signal.aborted) return Promise.resolve()
      return new Promise((resolve) => {
        const wakes = waiting.get(runId) ?? new Set()
        waiting.set(runId, wakes)
        const wake = () => {
          signal.removeEventListener('abort', wake)
          wakes.delete(wake)
          if (wakes.size === 0 && waiting.get(runId) === wakes) waiting.delete(runId)
          resolve()
        }
        wakes.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    },
  }
}
