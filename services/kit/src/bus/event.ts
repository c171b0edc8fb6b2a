import { randomUUID } from 'node:crypto'
import { fromBinary } from '@bufbuild/protobuf'
import type { MsgHdrs } from '@nats-io/transport-node'
import { ReinraumError } from '@reinraum/crypto'
import { type Noun, parseSubject, schemaOf, subjectOf } from './subjects.ts'

/** What happened, as it goes over the bus: references only. */
export interface EventRecord {
  /** unique for ever; the same event sent twice has the same id */
  readonly id: string
  readonly subject: string
  /** the body's protobuf type */
  readonly type: string
  readonly contractId: string
  readonly noun: Noun
  readonly verb: string
  readonly body: Uint8Array
  readonly time: Date
}

/** What a service writes to its outbox; noun and verb stand in the subject. */
export type OutgoingEvent = Omit<EventRecord, 'noun' | 'verb'>

export const maxEventBytes = 64 * 1024

/**
 * Makes an event with a fresh id.
 * @throws ReinraumError `invalid-argument` when there is no such event
 */
export function newEvent(options: {
  readonly contractId: string
  readonly noun: string
  readonly verb: string
  readonly body: Uint8Array
  readonly id?: string
  readonly time?: Date
}): EventRecord {
  const { contractId, noun, verb, body, id = randomUUID(), time = new Date() } = options
  return eventFrom({ id, subject: subjectOf(contractId, noun, verb), body, time })
}

/**
 * Checks an event's parts against each other, on the way out as on the way in.
 * @throws ReinraumError `invalid-argument`
 */
export function eventFrom(parts: Pick<EventRecord, 'id' | 'subject' | 'body' | 'time'>): EventRecord {
  const { id, subject, body, time } = parts
  const parsed = parseSubject(subject)
  if (parsed === undefined) throw new ReinraumError('invalid-argument', 'the subject is not one of ours')
  if (!/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,199}$/.test(id)) throw new ReinraumError('invalid-argument', 'the event has no usable id')
  if (body.length > maxEventBytes) throw new ReinraumError('invalid-argument', 'the event is too large')
  if (Number.isNaN(time.getTime())) throw new ReinraumError('invalid-argument', 'the event has no time')
  const type = checkedType(parsed.noun, parsed.verb, parsed.contractId, body)
  return { id, subject, type, ...parsed, body, time }
}

function checkedType(noun: Noun, verb: string, contractId: string, body: Uint8Array): string {
  const schema = schemaOf(noun, verb)
  if (schema === undefined) throw new ReinraumError('invalid-argument', 'there is no such event')
  let said: unknown
  try {
    said = Reflect.get(fromBinary(schema, body), 'contractId')
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `the body is not a ${schema.name}`, { cause })
  }
  if (said !== contractId) throw new ReinraumError('contract-mismatch', 'body and subject name different contracts')
  return schema.typeName
}

/** CloudEvents 1.0, NATS protocol binding §3.1 (binary mode): attributes in headers named `ce-…`. */
export function writeHeaders(headers: MsgHdrs, event: OutgoingEvent, source: string): MsgHdrs {
  headers.set('ce-specversion', '1.0')
  headers.set('ce-id', event.id)
  headers.set('ce-source', `/reinraum/${source}`)
  headers.set('ce-type', event.type)
  headers.set('ce-time', event.time.toISOString())
  headers.set('content-type', 'application/protobuf')
  return headers
}

/** @throws ReinraumError `invalid-argument`, `contract-mismatch` */
export function readMessage(message: { subject: string; headers?: MsgHdrs | undefined; data: Uint8Array }): EventRecord {
  const id = message.headers?.get('ce-id') ?? ''
  const time = new Date(message.headers?.get('ce-time') ?? '')
  return eventFrom({ id, subject: message.subject, body: message.data, time })
}
