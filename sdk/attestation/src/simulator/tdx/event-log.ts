import { concatBytes, sha384, utf8 } from '@reinraum/crypto'
import { noActionType, registerLength, sha384Algorithm, specIdSignature } from '../../event-log/layout.ts'
import { replay } from '../../event-log/replay.ts'
import { u16, u32 } from '../little-endian.ts'

/** One measurement: what RTMR it extended, and what was measured. */
export interface SimulatedEvent {
  readonly rtmr: 0 | 1 | 2 | 3
  /** TCG event type, e.g. 4 for EV_SEPARATOR */
  readonly type: number
  readonly data: Uint8Array
  /** what the RTMR is extended with, where that is not the SHA-384 of the data */
  readonly digest?: Uint8Array
}

/** The four RTMRs of a guest that measured these events, 48 bytes each. */
export function replayEvents(events: readonly SimulatedEvent[]): Uint8Array[] {
  return replay(events.map((event) => ({ register: event.rtmr, digest: digestOf(event) })))
}

/**
 * A confidential computing event log (CCEL) in the crypto-agile form of TCG2: a header that names SHA-384, then one
 * TCG_PCR_EVENT2 per event. The rest of the area is 0xff, as firmware leaves it.
 */
export function encodeEventLog(events: readonly SimulatedEvent[], unused = 64): Uint8Array {
  return concatBytes(header(), ...events.map(encodeEvent), new Uint8Array(unused).fill(0xff))
}

/** TCG_PCR_EVENT with a SHA-1 digest of zeros, around TCG_EfiSpecIDEvent. */
function header(): Uint8Array {
  const specification = concatBytes(
    utf8(specIdSignature),
    // platform class, then version 2.0, errata 0, UINTN of 8 bytes
    u32(0),
    Uint8Array.of(0, 2, 0, 2),
    // one algorithm, no vendor information
    u32(1),
    u16(sha384Algorithm),
    u16(registerLength),
    Uint8Array.of(0),
  )
  return concatBytes(u32(1), u32(noActionType), new Uint8Array(20), u32(specification.length), specification)
}

function encodeEvent(event: SimulatedEvent): Uint8Array {
  // Where a TPM's log has the number of a PCR, this one has 1 for RTMR0, and so on; 0 is MRTD.
  const register = u32(event.rtmr + 1)
  return concatBytes(register, u32(event.type), u32(1), u16(sha384Algorithm), digestOf(event), u32(event.data.length), event.data)
}

function digestOf(event: SimulatedEvent): Uint8Array {
  return event.digest ?? sha384(event.data)
}
