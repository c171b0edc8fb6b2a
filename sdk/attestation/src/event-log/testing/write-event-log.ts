import { concatBytes, sha384 } from '@reinraum/crypto'
import { u16, u32 } from '../../simulator/little-endian.ts'

export { u32 }

/** An event as a log is to have it, right or wrong. */
export interface WrittenEvent {
  /** RTMR0 to 3, written as 1 to 4 */
  readonly register: number
  readonly type: number
  readonly data: Uint8Array
  /** SHA-384 of the data where absent */
  readonly digest?: Uint8Array
  /** instead of the one SHA-384 digest: algorithm and digest each */
  readonly digests?: readonly (readonly [algorithm: number, digest: Uint8Array])[]
  /** what the log claims the data's length to be */
  readonly claimedLength?: number
}

export interface LogOptions {
  readonly algorithms?: readonly (readonly [algorithm: number, length: number])[]
  readonly padding?: Uint8Array
  readonly specId?: Uint8Array
}

/** A log as firmware writes it: the Spec ID event, the events, and the rest of the area as it was erased. */
export function writeEventLog(events: readonly WrittenEvent[], options: LogOptions = {}): Uint8Array {
  const specId = options.specId ?? specIdEvent(options.algorithms ?? [[0x0c, 48]])
  const padding = options.padding ?? new Uint8Array(64).fill(0xff)
  return concatBytes(specId, ...events.map(writeEvent), padding)
}

export function specIdEvent(algorithms: readonly (readonly [algorithm: number, length: number])[], vendor = ''): Uint8Array {
  const data = concatBytes(
    ascii('Spec ID Event03\0'),
    Uint8Array.of(0, 0, 0, 0, 0, 2, 0, 2),
    u32(algorithms.length),
    ...algorithms.flatMap(([algorithm, length]) => [u16(algorithm), u16(length)]),
    Uint8Array.of(vendor.length),
    ascii(vendor),
  )
  return concatBytes(u32(1), u32(3), new Uint8Array(20), u32(data.length), data)
}

function writeEvent({ register, type, data, digest, digests, claimedLength }: WrittenEvent): Uint8Array {
  const given = digests ?? [[0x0c, digest ?? sha384(data)] as const]
  return concatBytes(
    u32(register + 1),
    u32(type),
    u32(given.length),
    ...given.flatMap(([algorithm, value]) => [u16(algorithm), value]),
    u32(claimedLength ?? data.length),
    data,
  )
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

export function wide(text: string): Uint8Array {
  return concatBytes(...Array.from(text, (character) => u16(character.charCodeAt(0))))
}
