import { concatBytes, fromHex, sha384, toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { digestReadingOf } from './event-types.ts'
import { replay } from './replay.ts'
import { registersOfQuote } from './testing/quote-registers.ts'
import { ascii, u32 } from './testing/write-event-log.ts'

describe('a replay', () => {
  it('starts from zero and extends each register by its own digests, in their order', () => {
    const [one, two] = [sha384(ascii('one')), sha384(ascii('two'))]
    const zero = new Uint8Array(48)
    const registers = replay([
      { register: 2, digest: one },
      { register: 0, digest: two },
      { register: 2, digest: two },
    ])
    const first = sha384(concatBytes(zero, one))
    expect(registers).toEqual([sha384(concatBytes(zero, two)), zero, sha384(concatBytes(first, two)), zero])
  })
})

/** dstack keeps its log as JSON: the firmware's events, and events of its own for RTMR3. */
const dstackEvents = z.array(
  z.object({
    imr: z.int(),
    event_type: z.int(),
    digest: z.string(),
    event: z.string(),
    event_payload: z.string(),
  }),
)
const dstackType = 0x08000001

describe.skipIf(!hasVectors)('the events of a real quote with RTMR3 in use (dstack)', () => {
  const read = () => {
    const fixture = z.object({ event_log: z.string() }).parse(jsonOf(readVector('tdx/dstack-quote-report/fixture.json')))
    return dstackEvents.parse(JSON.parse(fixture.event_log)).map((event) => ({
      register: event.imr,
      type: event.event_type,
      name: event.event,
      digest: fromHex(event.digest),
      data: fromHex(event.event_payload),
    }))
  }

  it('replay to all four of its registers', () => {
    const registers = registersOfQuote(readVector('tdx/dstack-quote-report/quote.bin'))
    expect(replay(read()).map(toHex)).toEqual(registers.map(toHex))
    expect(registers[3]).not.toEqual(new Uint8Array(48))
  })

  it('have digests of what they say: the runtime ones by the rule of dstack, the others by the rules of their types', () => {
    const outcomes = read().map((event) => {
      if (event.type === dstackType) {
        const bytes = concatBytes(u32(event.type), ascii(':'), ascii(event.name), ascii(':'), event.data)
        return toHex(sha384(bytes)) === toHex(event.digest) ? 'verified' : 'different'
      }
      const reading = digestReadingOf(event)
      const isVerified = reading?.preimages.some(({ bytes }) => toHex(sha384(bytes)) === toHex(event.digest))
      return isVerified === true ? 'verified' : reading?.opaque === true ? 'opaque' : 'different'
    })
    expect(outcomes.filter((outcome) => outcome === 'different')).toEqual([])
    expect(outcomes.filter((outcome) => outcome === 'verified')).toHaveLength(20)
  })
})

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}
