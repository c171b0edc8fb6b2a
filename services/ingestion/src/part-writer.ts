import { crc32 } from 'node:zlib'
import { ReinraumError } from '@reinraum/crypto'
import type { UploadPart } from '@reinraum/proto'
import type { Ingestion } from './ingestion.ts'
import type { UploadRow } from './store.ts'

/** Appends parts to one upload, by whoever has the turn. */
export interface PartWriter {
  /** bytes that survive a power loss */
  durable(): number
  /** bytes written since the last `save` */
  unsaved(): number
  /**
   * The bytes are gone afterwards.
   * @throws ReinraumError `checksum-mismatch`, `offset-mismatch`, `storage-full`
   */
  append(part: UploadPart): Promise<void>
  /** Makes what was appended durable, first in the file, then in the database, so the database never says too much. */
  save(): Promise<void>
}

/** Starts at what is durable, and cuts off what a crash left behind it. */
export async function openPartWriter({ objects, store, limits, now }: Ingestion, upload: UploadRow): Promise<PartWriter> {
  let durable = upload.durable
  let written = durable
  let syncFailed = false

  async function record(length: number): Promise<void> {
    const { numUpdatedRows } = await store.db
      .updateTable('uploads')
      .set({ durable: length, updated_at: now().getTime() })
      .where('id', '=', upload.id)
      .where('manifest_id', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw new ReinraumError('not-found', 'the upload is no longer open')
    durable = length
  }

  if (upload.manifest_id === null) {
    const found = await objects.partLength(upload.id)
    if (found > durable) await objects.truncate(upload.id, durable)
    // Bytes that were durable are gone: somebody touched the folder. What is missing is sent again.
    if (found < durable) await record(found)
    written = durable
  }
  return {
    durable: () => durable,
    unsaved: () => written - durable,
    async append({ offset, data, checksum }) {
      if (upload.manifest_id !== null) throw new ReinraumError('conflict', 'the commit of this upload has begun')
      if (crc32(data) !== checksum) {
        throw new ReinraumError('checksum-mismatch', `the part at ${offset} does not match its checksum`)
      }
      if (offset !== BigInt(written)) {
        throw new ReinraumError('offset-mismatch', `the upload continues at ${written}, not at ${offset}`)
      }
      if (written + data.length > limits.bytesPerUpload) {
        throw new ReinraumError('resource-exhausted', `an upload may have ${limits.bytesPerUpload} bytes and no more`)
      }
      // The first write makes the file's name durable too.
      written = await objects.append(upload.id, written, data, { sync: written === 0 })
      giveBack(data)
    },
    async save() {
      if (written === durable) return
      // A second fsync after a failed one reports success for pages that are lost (https://wiki.postgresql.org/wiki/Fsync_Errors).
      if (syncFailed) throw new ReinraumError('storage-full', 'the last bytes could not be made durable')
      syncFailed = true
      await objects.sync(upload.id)
      syncFailed = false
      await record(written)
    },
  }
}

/** more than a message has around the data of its part */
const messageBytes = 128

/** Memory that waits to be collected is memory for which V8 collects all the heap: half of what arrives is this copy of it. */
function giveBack({ buffer, length }: Uint8Array): void {
  // Never what others share: small messages lie side by side.
  if (buffer instanceof ArrayBuffer && length > messageBytes && buffer.byteLength <= length + messageBytes) buffer.transfer(0)
}
