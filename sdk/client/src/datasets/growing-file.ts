/** A file on this machine that is read while somebody writes it. */
export interface GrowingFile {
  readonly path: string
  /**
   * How many bytes are there, once there are at least `length` or the file is complete.
   * @throws the reason why it will never be complete
   */
  reached(length: number): Promise<number>
}

export interface FileGrowth {
  readonly file: GrowingFile
  /** So many bytes are there by now. */
  grown(length: number): void
  complete(): void
}

/** Tells whoever reads a file how far it may read. Once `stopped` aborts, the file will never be complete. */
export function growthOf(path: string, stopped: AbortSignal): FileGrowth {
  let state = { length: 0, complete: false }
  let changed = Promise.withResolvers<void>()
  const become = (next: typeof state) => {
    state = next
    changed.resolve()
    changed = Promise.withResolvers()
  }
  stopped.addEventListener('abort', () => become(state), { once: true })
  return {
    file: {
      path,
      async reached(length) {
        while (state.length < length && !state.complete && !stopped.aborted) await changed.promise
        stopped.throwIfAborted()
        return state.length
      },
    },
    grown: (length) => become({ ...state, length }),
    complete: () => become({ ...state, complete: true }),
  }
}

/** A file that is complete. */
export function completeFile(path: string, length: number): GrowingFile {
  return { path, reached: async () => length }
}
