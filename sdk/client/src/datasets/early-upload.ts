import type { Session } from '../session.ts'
import { growthOf } from './growing-file.ts'
import { discardUpload, sendParts, type UploadPlace } from './upload.ts'

/** The upload of a ciphertext that is still being written. */
export interface EarlyUpload {
  /** So many bytes are written by now. */
  grown(length: number): void
  /** All is written. */
  complete(): void
  /** Resolves once all is sent, or once it is given up: the upload that follows sends what is missing, or says why it cannot. */
  readonly ended: Promise<void>
  /** Nothing will come of the ciphertext: what was uploaded of it is dropped, now or by ingestion's own sweep. */
  abandon(): Promise<void>
}

/** Uploads what is written of a file, as long as it grows. It never stops whoever writes it. */
export function uploadWhileWritten(
  session: Session,
  place: UploadPlace,
  path: string,
  options: { readonly onProgress: (durable: number) => void; readonly signal: AbortSignal | undefined },
): EarlyUpload {
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  const { file, grown, complete } = growthOf(path, signal)
  const ended = sendParts(session, { ...place, file, onProgress: options.onProgress, signal }).then(
    () => undefined,
    () => undefined,
  )
  return {
    grown,
    complete,
    ended,
    async abandon() {
      stop.abort()
      await ended
      await discardUpload(session, place).catch(() => undefined)
    },
  }
}
