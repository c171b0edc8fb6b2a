import { open } from 'node:fs/promises'
import { ReinraumError, sha256 } from '@reinraum/crypto'
import { withRetry } from '@reinraum/rpc'
import type { Session } from '../session.ts'

const partBytes = 1 << 20

export interface Upload {
  readonly contract: Uint8Array
  readonly manifest: Uint8Array
  /** path of the ciphertext */
  readonly file: string
  /** ciphertext bytes */
  readonly length: number
  readonly onProgress?: (durable: number, total: number) => void
  readonly signal?: AbortSignal
}

/**
 * Uploads a ciphertext, from where an earlier attempt stopped, and commits it. Lost connections are retried from the last
 * durable byte.
 * @returns the object id, which is the SHA-256 of the ciphertext
 */
export async function uploadCiphertext(session: Session, upload: Upload): Promise<string> {
  const { contract, manifest, signal } = upload
  return withRetry(
    async () => {
      const opened = await session.ingestion.createUpload({ contract, manifest })
      if (!opened.committed) {
        upload.onProgress?.(Number(opened.offset), upload.length)
        const acknowledged = session.ingestion.uploadParts(
          parts(upload, opened.uploadId, Number(opened.offset)),
          signal === undefined ? {} : { signal },
        )
        let durable = Number(opened.offset)
        for await (const { offset } of acknowledged) {
          durable = Number(offset)
          upload.onProgress?.(durable, upload.length)
        }
        if (durable !== upload.length) throw new ReinraumError('unavailable', 'the upload ended early')
      }
      const { objectId } = await session.ingestion.commitUpload({ uploadId: opened.uploadId })
      upload.onProgress?.(upload.length, upload.length)
      return objectId
    },
    { attempts: 12, ...(signal === undefined ? {} : { signal }) },
  )
}

async function* parts(upload: Upload, uploadId: string, from: number) {
  yield { message: { case: 'uploadId' as const, value: uploadId } }
  const file = await open(upload.file, 'r')
  try {
    for (let offset = from; offset < upload.length; ) {
      const data = new Uint8Array(Math.min(partBytes, upload.length - offset))
      const { bytesRead } = await file.read(data, 0, data.length, offset)
      if (bytesRead !== data.length)
        throw new ReinraumError('ciphertext-mismatch', 'the sealed file on this machine is shorter than its manifest says')
      upload.signal?.throwIfAborted()
      yield { message: { case: 'part' as const, value: { offset: BigInt(offset), data, checksum: sha256(data) } } }
      offset += data.length
    }
  } finally {
    await file.close()
  }
}
