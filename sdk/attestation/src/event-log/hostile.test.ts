import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { appraiseEventLog } from './appraise-event-log.ts'
import { type MeasuredEvent, parseEventLog } from './parse-event-log.ts'
import { registersOfQuote } from './testing/quote-registers.ts'
import { type WrittenEvent, writeEventLog } from './testing/write-event-log.ts'

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const at = bit >> 3
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)))
}

/** Where an event's parts stand in the log that it was read from. */
function placeOf({ digest, data }: MeasuredEvent) {
  // register, type, number of digests, algorithm, digest, length of the data, data
  return {
    register: digest.byteOffset - 14,
    digest: digest.byteOffset,
    data: data.byteOffset,
    end: data.byteOffset + data.length,
  }
}

describe.skipIf(!hasVectors)('a real log with any bit flipped is refused', () => {
  const log = hasVectors ? readVector('tdx/gotdx-cos113/ccel_data.bin') : new Uint8Array(0)
  const rtmrs = hasVectors ? registersOfQuote(readVector('tdx/gotdx-cos113/quote.bin')) : []
  const events = parseEventLog(log) ?? []
  const good = appraiseEventLog(log, rtmrs)
  const list = good.ok ? good.list : []

  const refusesFlipsIn = (ranges: readonly (readonly [start: number, end: number])[], numRuns: number) => {
    const byte = fc.constantFrom(...ranges).chain(([start, end]) => fc.integer({ min: start, max: end - 1 }))
    const refuses = (at: number, bit: number) => !appraiseEventLog(flipped(log, 8 * at + bit), rtmrs).ok
    fc.assert(fc.property(byte, fc.integer({ min: 0, max: 7 }), refuses), { numRuns })
  }

  it('of a digest', () => {
    refusesFlipsIn(
      events.map((event) => [placeOf(event).digest, placeOf(event).digest + 48]),
      300,
    )
  })

  it('of a register', () => {
    expect(events).toHaveLength(43)
    for (const event of events) {
      for (let bit = 0; bit < 32; bit += 1) {
        expect(appraiseEventLog(flipped(log, 8 * placeOf(event).register + bit), rtmrs).ok).toBe(false)
      }
    }
  })

  it('of the number of digests, their algorithm, or a length', () => {
    refusesFlipsIn(
      events.flatMap((event) => {
        const { digest, data } = placeOf(event)
        return [[digest - 6, digest] as const, [data - 4, data] as const]
      }),
      300,
    )
  })

  it('of the data of a verified event, save the name that EDK II leaves out of the digest of a boot variable', () => {
    const ranges = events.flatMap((event, index): (readonly [number, number])[] => {
      const { data, end } = placeOf(event)
      if (list[index]?.verified !== true) return []
      if (list[index]?.rule !== 'variable-data') return [[data, end]]
      const nameLength = 2 * (event.data[16] ?? 0)
      return [[data, data + 32] as const, [data + 32 + nameLength, end] as const]
    })
    expect(ranges).toHaveLength(31 + 3)
    refusesFlipsIn(ranges, 600)
  })

  it('of the padding', () => {
    refusesFlipsIn([[placeOf(events.at(-1) as MeasuredEvent).end, log.length]], 50)
  })
})

describe('no bytes make the appraisal throw or pass', () => {
  const rtmrs = [1, 2, 3, 4].map((value) => new Uint8Array(48).fill(value))

  it('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4000 }), (bytes) => !appraiseEventLog(bytes, rtmrs).ok))
  })

  it('random events, with lengths and counts that are not theirs', () => {
    const u32 = fc.oneof(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 0xffffffff }))
    const type = fc.oneof(u32, fc.integer({ min: 0x80000000, max: 0x800000e4 }))
    const event: fc.Arbitrary<WrittenEvent> = fc
      .record({ register: fc.integer({ min: -1, max: 5 }), type, data: fc.uint8Array({ maxLength: 300 }), claim: fc.option(u32) })
      .map(({ claim, ...rest }) => (claim === null ? rest : { ...rest, claimedLength: claim }))
    const log = fc.tuple(fc.array(event, { maxLength: 12 }), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(log, ([events, padding]) => !appraiseEventLog(writeEventLog(events, { padding }), rtmrs).ok),
      { numRuns: 500 },
    )
  })
})
