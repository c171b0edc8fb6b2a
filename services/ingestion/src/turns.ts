import { ReinraumError } from '@reinraum/crypto'

export interface Turn {
  /** Aborted when a later caller wants the upload. */
  readonly signal: AbortSignal
  /** Lets the next one in. Must be called, whatever happened. */
  release(): void
}

export interface Turns {
  /**
   * Becomes the only one who touches the upload. Whoever holds it is asked to stop and waited for: after a lost connection
   * the old stream may look alive for minutes, and the owner who came back must not wait for that.
   * @throws ReinraumError `conflict` when a still later caller came before the turn did
   */
  take(uploadId: string): Promise<Turn>
}

export function createTurns(): Turns {
  const last = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>()
  return {
    async take(uploadId) {
      const previous = last.get(uploadId)
      const stop = new AbortController()
      const { promise: done, resolve } = Promise.withResolvers<void>()
      const own = { stop, done }
      last.set(uploadId, own)
      const release = () => {
        if (last.get(uploadId) === own) last.delete(uploadId)
        resolve()
      }
      previous?.stop.abort(takenOver())
      await previous?.done
      if (stop.signal.aborted) {
        release()
        throw takenOver()
      }
      return { signal: stop.signal, release }
    },
  }
}

function takenOver(): ReinraumError {
  return new ReinraumError('conflict', 'this upload was taken over by a later call')
}
