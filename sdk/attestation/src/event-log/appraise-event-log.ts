import { constantTimeEqual, sha384, toHex } from '@reinraum/crypto'
import { describeEvent } from './describe-event.ts'
import type { DigestRule } from './digest-reading.ts'
import { digestReadingOf } from './event-types.ts'
import { registerCount } from './layout.ts'
import { type MeasuredEvent, readEventLog } from './parse-event-log.ts'
import { replay } from './replay.ts'

/** An event as it is shown to a person. */
export interface AppraisedEvent {
  readonly register: MeasuredEvent['register']
  readonly typeName: string
  /** SHA-384, lower-case hex */
  readonly digest: string
  /** whether the digest was recomputed from the event's data; else `text` is only what the log claims was measured */
  readonly verified: boolean
  /** which part of the data that was */
  readonly rule: DigestRule | null
  /** printable ASCII, at most 200 characters */
  readonly text: string
}

export type EventLogReason = 'event-log-malformed' | 'event-log-mismatch' | 'event-digest-mismatch'

export type EventLogAppraisal =
  | {
      readonly ok: true
      /** how many events there are: those verified and those that are opaque */
      readonly events: number
      readonly verified: number
      /** their digests are of something that is not in the log, as of an image or a file */
      readonly opaque: number
      readonly list: readonly AppraisedEvent[]
    }
  | { readonly ok: false; readonly reason: EventLogReason; readonly detail: string }

/**
 * Whether a confidential guest's log (CCEL) tells how its RTMRs came about: its digests must replay to all four of them,
 * and each that can be recomputed from its event's data must be so. The type of an event is in no digest: whoever writes
 * the log can call a verified event an opaque one, so only what is `verified` says anything.
 *
 * @param rtmrs RTMR0 to 3 of an authentic quote, 48 bytes each
 * @returns never throws, whatever the bytes are
 */
export function appraiseEventLog(log: Uint8Array, rtmrs: readonly Uint8Array[]): EventLogAppraisal {
  const read = readEventLog(log)
  if ('malformed' in read) return refused('event-log-malformed', read.malformed)
  // One list for both: a digest that is recomputed on another list than the one replayed proves nothing (dstack 1294).
  const { events } = read
  const different = registersThatDiffer(replay(events), rtmrs)
  if (different.length > 0) return refused('event-log-mismatch', `the events do not lead to ${different.join(', ')}`)
  const list: AppraisedEvent[] = []
  for (const [index, event] of events.entries()) {
    const rule = ruleThatHolds(event)
    if (rule === undefined) return refused('event-digest-mismatch', `event ${index + 1}: ${mismatchOf(event)}`)
    list.push(appraised(event, rule))
  }
  const verified = list.filter((event) => event.verified).length
  return { ok: true, events: list.length, verified, opaque: list.length - verified, list }
}

function registersThatDiffer(replayed: readonly Uint8Array[], rtmrs: readonly Uint8Array[]): string[] {
  if (rtmrs.length !== registerCount) return ['four registers']
  return rtmrs.flatMap((rtmr, index) => (constantTimeEqual(rtmr, replayed[index] ?? new Uint8Array()) ? [] : [`RTMR${index}`]))
}

/** @returns null for an opaque event, undefined where no rule of its type holds */
function ruleThatHolds(event: MeasuredEvent): DigestRule | null | undefined {
  const reading = digestReadingOf(event)
  if (reading === null) return undefined
  const preimage = reading.preimages.find(({ bytes }) => constantTimeEqual(sha384(bytes), event.digest))
  return preimage?.rule ?? (reading.opaque ? null : undefined)
}

function mismatchOf({ type, typeName, register }: MeasuredEvent): string {
  const has = digestReadingOf({ type, data: new Uint8Array() }) !== null
  return has ? `the digest (${typeName}, RTMR${register}) is not that of its data` : `no rule is known for its type ${typeName}`
}

function appraised(event: MeasuredEvent, rule: DigestRule | null): AppraisedEvent {
  const { register, typeName, digest } = event
  return { register, typeName, digest: toHex(digest), verified: rule !== null, rule, text: describeEvent(event) }
}

function refused(reason: EventLogReason, detail: string): EventLogAppraisal {
  return { ok: false, reason, detail }
}
