import type { JetStreamManager, JsMsg } from '@nats-io/jetstream'
import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'
import { type EventRecord, readMessage } from './event.ts'
import { asBusError } from './nats-error.ts'

// io.nats.jetstream.advisory.v1.max_deliver; it names the message by its sequence, the message stays in its stream.
const advisorySchema = z.object({
  type: z.literal('io.nats.jetstream.advisory.v1.max_deliver'),
  stream: z.string().regex(/^[A-Z]+$/),
  consumer: z.string().regex(/^[a-z0-9-]+$/),
  stream_seq: z.int().positive(),
})

/** Turns an advisory into the event that could not be handled; nothing when that is no longer stored. */
export type DeadLetterReader = (advisory: JsMsg) => Promise<EventRecord | undefined>

export function deadLetterReader(jsm: JetStreamManager): DeadLetterReader {
  return async (message) => {
    const { stream, consumer, stream_seq: seq } = parseAdvisory(message)
    const stored = await jsm.streams.getMessage(stream, { seq }).catch((error: unknown) => {
      throw asBusError(error, 'the dead letter is not reachable')
    })
    if (stored === null) return undefined
    const event = readMessage({ subject: stored.subject, headers: stored.header, data: stored.data })
    return { ...event, id: `dead/${consumer}/${event.id}` }
  }
}

function parseAdvisory(message: JsMsg): z.infer<typeof advisorySchema> {
  let content: unknown
  try {
    content = message.json()
  } catch (cause) {
    throw new ReinraumError('invalid-argument', 'not an advisory', { cause })
  }
  const result = advisorySchema.safeParse(content)
  if (!result.success) throw new ReinraumError('invalid-argument', 'not an advisory')
  return result.data
}
