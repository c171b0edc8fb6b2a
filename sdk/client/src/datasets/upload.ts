import { open } from 'node:fs/promises'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { withRetry } from '@reinraum/rpc'
import type { Session } from '../session.ts'
import type { GrowingFile } from './growing-file.ts'
import { createPartMessage } from './part-message.ts'

const patient = { attempts: 12 } as const

/** Which upload it is: the same three find the same one, from any process of the owner's. */
export interface UploadPlace {
  /** the complete contract, signed by all */
  readonly contract: Uint8Array
  readonly slot: string
  /** 16 random bytes; no secret */
  readonly name: Uint8Array
}

export interface Upload extends UploadPlace {
  /** the ciphertext, which may still be growing */
  readonly file: GrowingFile
  /** bytes that ingestion will not lose */
  readonly onProgress?: (durable: number) => void
  readonly signal?: AbortSignal
}

/**
 * Uploads a ciphertext to its end, from where an earlier attempt stopped, and commits it with its manifest.
 * @returns the object id, which is the SHA-256 of the ciphertext
 * @throws ReinraumError `ciphertext-mismatch` when the bytes are not those of the manifest; repeating it then sends all again
 */
export async function uploadCiphertext(session: Session, upload: Upload, manifest: Uint8Array): Promise<string> {
  const { contract } = upload
  const uploadId = await sendParts(session, upload)
  const commit = () => session.ingestion.commitUpload({ uploadId, contract, manifest })
  const { objectId } = await withRetry(commit, { ...patient, ...signalOf(upload) })
  return objectId
}

/**
 * Uploads what there is of a ciphertext until it is complete. Lost connections are retried from the last durable byte, for as
 * long as each few attempts get further.
 * @returns the upload's id
 */
export async function sendParts(session: Session, upload: Upload): Promise<string> {
  let durable = -1
  const attempt = async () => {
    const { contract, slot, name } = upload
    const { uploadId, offset } = await session.ingestion.beginUpload({ contract, slot, name })
    const report = (now: bigint) => {
      durable = Number(now)
      upload.onProgress?.(durable)
    }
    report(offset)
    // Nothing is held open at ingestion before there is something to send.
    const length = await upload.file.reached(durable + 1)
    if (length > durable) {
      for await (const { offset } of session.ingestion.uploadParts(parts(upload, uploadId, durable), signalOf(upload)))
        report(offset)
      if (durable < (await upload.file.reached(durable + 1))) throw new ReinraumError('unavailable', 'the upload ended early')
    }
    return uploadId
  }
  for (;;) {
    const before = durable
    try {
      return await withRetry(attempt, { ...patient, ...signalOf(upload) })
    } catch (error) {
      if (!isReinraumError(error) || error.code !== 'unavailable' || durable <= before) throw error
    }
  }
}

/** Drops an upload with its bytes. */
export async function discardUpload({ ingestion }: Session, { contract, slot, name }: UploadPlace): Promise<void> {
  const { uploadId } = await ingestion.beginUpload({ contract, slot, name })
  await ingestion.discardUpload({ uploadId })
}

async function* parts({ file, signal }: Upload, uploadId: string, from: number) {
  yield { message: { case: 'uploadId' as const, value: uploadId } }
  const handle = await open(file.path, 'r')
  const message = createPartMessage()
  try {
    for (let offset = from; ; ) {
      const end = Math.min(offset + message.data.length, await file.reached(offset + message.data.length))
      if (end <= offset) return
      const { bytesRead } = await handle.read(message.data, 0, end - offset, offset)
      if (bytesRead !== end - offset)
        throw new ReinraumError('ciphertext-mismatch', 'the sealed file on this machine is shorter than its manifest says')
      signal?.throwIfAborted()
      yield message.encode(offset, bytesRead)
      offset = end
    }
  } finally {
    await handle.close()
  }
}

function signalOf({ signal }: Upload): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
