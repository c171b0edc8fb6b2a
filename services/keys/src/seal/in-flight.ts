/** Work that goes on at the same time, and changes that need it to be over. */
export interface InFlight {
  /** Runs the body, after a change that is on its way. */
  run<T>(body: () => Promise<T>): Promise<T>
  /** Lets nothing more begin, waits for what runs, and then changes something. */
  exclusively<T>(change: () => Promise<T>): Promise<T>
  /** Resolves when what runs now is over, however it ends. */
  settled(): Promise<void>
}

export function trackInFlight(): InFlight {
  const running = new Set<Promise<unknown>>()
  let held: Promise<void> | undefined
  const settled = async (): Promise<void> => {
    await Promise.allSettled(running)
  }
  return {
    settled,
    async run(body) {
      while (held !== undefined) await held
      const work = body()
      running.add(work)
      try {
        return await work
      } finally {
        running.delete(work)
      }
    },
    async exclusively(change) {
      const done = Promise.withResolvers<void>()
      held = done.promise
      try {
        await settled()
        return await change()
      } finally {
        held = undefined
        done.resolve()
      }
    },
  }
}
