import { ReinraumError } from '@reinraum/crypto'
import type { IngestionService, UploadPartsRequest } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Ingestion } from '../ingestion.ts'
import { itemOrPause } from '../item-or-pause.ts'
import { openPartWriter, type PartWriter } from '../part-writer.ts'
import { ownUpload } from '../upload-access.ts'

/**
 * The first answer says where to continue, each later one what has become durable. Saving every few MiB instead of every part
 * keeps the disk from setting the pace; a sender who pauses gets its answer at once.
 */
export function uploadParts(ingestion: Ingestion): Handlers<typeof IngestionService>['uploadParts'] {
  return async function* (requests, context) {
    const messages = requests[Symbol.asyncIterator]()
    const uploadId = uploadIdOf(await messages.next())
    // Before the turn is taken: only the owner may make an earlier stream end.
    await ownUpload(ingestion, uploadId, context)
    const turn = await ingestion.turns.take(uploadId)
    try {
      const writer = await openPartWriter(ingestion, await ownUpload(ingestion, uploadId, context))
      yield { offset: BigInt(writer.durable()) }
      yield* receive(messages, writer, turn.signal, ingestion.limits)
    } finally {
      turn.release()
    }
  }
}

function uploadIdOf({ value, done }: IteratorResult<UploadPartsRequest, undefined>): string {
  if (done === true || value.message.case !== 'uploadId') {
    throw new ReinraumError('invalid-argument', 'the first message names the upload')
  }
  return value.message.value
}

async function* receive(
  messages: AsyncIterator<UploadPartsRequest, undefined>,
  writer: PartWriter,
  signal: AbortSignal,
  limits: Ingestion['limits'],
) {
  let next = messages.next()
  try {
    for (;;) {
      const item = await itemOrPause(next, signal, writer.unsaved() > 0 ? limits.lingerMs : undefined)
      if (item !== 'paused') {
        if (item.done === true) break
        if (item.value.message.case !== 'part')
          throw new ReinraumError('invalid-argument', 'only the first message names the upload')
        await writer.append(item.value.message.value)
        next = messages.next()
        if (writer.unsaved() < limits.syncBytes) continue
      }
      await writer.save()
      yield { offset: BigInt(writer.durable()) }
    }
    if (writer.unsaved() > 0) {
      await writer.save()
      yield { offset: BigInt(writer.durable()) }
    }
  } catch (error) {
    // What arrived whole is kept, however the stream ends; why it ends is the first error.
    await writer.save().catch(() => undefined)
    throw error
  } finally {
    // A message that comes after the end is not waited for.
    next.catch(() => undefined)
  }
}
