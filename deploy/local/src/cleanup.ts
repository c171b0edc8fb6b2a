/** What has to be undone, in the reverse order of what was done. */
export interface Cleanup {
  add(step: () => unknown): void
  /** Runs every step that was added and did not run yet. */
  run(): Promise<void>
}

export function createCleanup(): Cleanup {
  const steps: (() => unknown)[] = []
  return {
    add: (step) => void steps.push(step),
    async run() {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step()
    },
  }
}
