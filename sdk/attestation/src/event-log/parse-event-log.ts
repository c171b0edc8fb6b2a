import { isZero } from '../is-zero.ts'
import { eventTypeName } from './event-types.ts'
import {
  maximumAlgorithms,
  maximumContentLength,
  maximumEvents,
  maximumLogLength,
  noActionType,
  sha384Algorithm,
} from './layout.ts'
import { createReader, latin1, type Reader } from './reader.ts'
import { readSpecIdEvent, specIdStart } from './spec-id-event.ts'

/** An event that extended a register. Nothing but `register` and `digest` is proven by a replay. */
export interface MeasuredEvent {
  /** RTMR0 to 3 */
  readonly register: 0 | 1 | 2 | 3
  readonly type: number
  /** as in the TCG's profile, e.g. `EV_SEPARATOR` */
  readonly typeName: string
  /** SHA-384, 48 bytes */
  readonly digest: Uint8Array
  readonly data: Uint8Array
}

export type ReadEventLog = { readonly events: readonly MeasuredEvent[] } | { readonly malformed: string }

/**
 * The events of a confidential guest's log (CCEL) that extended an RTMR, in their order.
 *
 * @returns null where the log is not well-formed; see `appraiseEventLog` for what it is worth
 */
export function parseEventLog(log: Uint8Array): readonly MeasuredEvent[] | null {
  const read = readEventLog(log)
  return 'events' in read ? read.events : null
}

/** The same, with the reason where it is malformed: a sentence without its subject, which is the log. */
export function readEventLog(log: Uint8Array): ReadEventLog {
  if (log.length > maximumLogLength) return { malformed: `it is longer than ${maximumLogLength} bytes` }
  // A copy, whatever the input is: what is replayed is then what is compared, even if someone else writes to the input.
  const bytes = new Uint8Array(log)
  const reader = createReader(bytes)
  const algorithms = readSpecIdEvent(reader)
  if (typeof algorithms === 'string') return { malformed: algorithms }
  const events: MeasuredEvent[] = []
  for (let count = 1; ; count += 1) {
    const end = endOfEvents(reader.rest())
    if (end === 'reached') return { events }
    if (end === 'unclear') return { malformed: 'what follows the last event is not padding' }
    if (count > maximumEvents) return { malformed: `it has more than ${maximumEvents} events` }
    const event = readEvent(reader, algorithms)
    if (typeof event === 'string') return { malformed: `event ${count}: ${event}` }
    if (bytes.length - reader.rest().length > maximumContentLength) {
      return { malformed: `its events are longer than ${maximumContentLength} bytes` }
    }
    if (event !== null) events.push(event)
  }
}

/**
 * Firmware leaves the rest of the area as it was erased, all 00 or all FF. No event begins with eight of them: register 0
 * with type 0 does not exist, nor does register FFFFFFFF.
 */
function endOfEvents(rest: Uint8Array): 'reached' | 'unclear' | 'not-yet' {
  const first = rest[0]
  if (first === undefined) return 'reached'
  const isErased = first === 0x00 || first === 0xff
  if (!isErased || !rest.subarray(0, 8).every((byte) => byte === first)) return 'not-yet'
  // A loop: a call for each byte of the padding would be most of what reading a log costs.
  for (let at = 0; at < rest.length; at += 1) if (rest[at] !== first) return 'unclear'
  return 'reached'
}

/** @returns null for an event that extends nothing, a sentence for one that is malformed */
function readEvent(reader: Reader, algorithms: ReadonlyMap<number, number>): MeasuredEvent | null | string {
  const [register, type] = [reader.u32(), reader.u32()]
  if (register === null || type === null) return 'it ends in its header'
  const digests = readDigests(reader, algorithms)
  if (typeof digests === 'string') return digests
  const length = reader.u32()
  const data = length === null ? null : reader.take(length)
  if (data === null) return 'its data is longer than the log'
  if (type === noActionType) return checkNoAction(register, digests, data)
  const digest = digests.get(sha384Algorithm)
  if (digest === undefined) return 'it has no SHA-384 digest'
  // MRTD (0) is finished before the guest runs: nothing that a guest logs can have extended it.
  if (register < 1 || register > 4) return `there is no RTMR with the number ${register}`
  return { register: (register - 1) as MeasuredEvent['register'], type, typeName: eventTypeName(type), digest, data }
}

/** One digest for each of the log's algorithms (§10.2.2): one given twice would leave open which of them was extended. */
function readDigests(reader: Reader, algorithms: ReadonlyMap<number, number>): ReadonlyMap<number, Uint8Array> | string {
  const count = reader.u32()
  if (count === null || count > maximumAlgorithms) return 'it has too many digests'
  const digests = new Map<number, Uint8Array>()
  for (let index = 0; index < count; index += 1) {
    const algorithm = reader.u16()
    if (algorithm === null) return 'it ends in its digests'
    const length = algorithms.get(algorithm)
    if (length === undefined) return `digest algorithm 0x${algorithm.toString(16)} is not one of the log's`
    if (digests.has(algorithm)) return `digest algorithm 0x${algorithm.toString(16)} stands there twice`
    const digest = reader.take(length)
    if (digest === null) return 'it ends in its digests'
    digests.set(algorithm, digest)
  }
  if (digests.size < algorithms.size) return `it lacks a digest${digests.has(sha384Algorithm) ? '' : ': SHA-384'}`
  return digests
}

/** EV_NO_ACTION extends nothing (§10.4.1), so that nothing proves what it says: it is checked for its form and left out. */
function checkNoAction(register: number, digests: ReadonlyMap<number, Uint8Array>, data: Uint8Array): null | string {
  if (register > 4) return `there is no register with the number ${register}`
  if (latin1(data.subarray(0, specIdStart.length)) === specIdStart) return 'the log begins a second time'
  return [...digests.values()].every(isZero) ? null : 'an event that extends nothing has a digest'
}
