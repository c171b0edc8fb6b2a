/** How long each step of one run took: for the operator's log and the benchmark. What depends on data ends on the release grid. */
export interface Laps {
  /** Ends a step and begins the next. */
  lap(step: string): void
  /** step → ms */
  readonly milliseconds: Readonly<Record<string, number>>
}

export function startLaps(): Laps {
  const milliseconds: Record<string, number> = {}
  let last = performance.now()
  return {
    milliseconds,
    lap(step) {
      const now = performance.now()
      milliseconds[step] = Math.round((now - last) * 10) / 10
      last = now
    },
  }
}
