import { toHex } from '@reinraum/crypto'
import { describeEvent } from '../event-log/describe-event.ts'
import { type MeasuredEvent, readEventLog } from '../event-log/parse-event-log.ts'
import { replay } from '../event-log/replay.ts'

/** The events that extended a register, and what the registers are after them. Nothing of it is verified. */
export type EventLogDescription =
  | { readonly malformed: string }
  | {
      readonly events: readonly EventDescription[]
      /** RTMR0 to 3 as the log has them, hex: to be compared with those of the quote */
      readonly replayed: readonly string[]
    }

export interface EventDescription {
  readonly register: MeasuredEvent['register']
  readonly type: string
  readonly digest: string
  /** bytes */
  readonly dataLength: number
  /** one line of printable ASCII about the data; not all of it */
  readonly text: string
}

/** @returns `malformed` with a sentence for what `appraiseEventLog` could not read either */
export function describeEventLog(log: Uint8Array): EventLogDescription {
  const read = readEventLog(log)
  if ('malformed' in read) return read
  const events = read.events.map((event) => ({
    register: event.register,
    type: event.typeName,
    digest: toHex(event.digest),
    dataLength: event.data.length,
    text: describeEvent(event),
  }))
  return { events, replayed: replay(read.events).map(toHex) }
}
