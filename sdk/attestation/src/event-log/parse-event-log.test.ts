import { concatBytes, sha384 } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { maximumContentLength, maximumEvents, maximumLogLength } from './layout.ts'
import { parseEventLog, readEventLog } from './parse-event-log.ts'
import { ascii, specIdEvent, u32, type WrittenEvent, writeEventLog } from './testing/write-event-log.ts'

const action = 0x80000007
const event: WrittenEvent = { register: 1, type: action, data: ascii('Exit Boot Services Invocation') }

function complaint(log: Uint8Array): string {
  const read = readEventLog(log)
  expect(parseEventLog(log) === null).toBe('malformed' in read)
  return 'malformed' in read ? read.malformed : 'none'
}

describe('a log', () => {
  it('is read as the events that extended a register', () => {
    const events = parseEventLog(writeEventLog([event, { register: 3, type: 4, data: new Uint8Array(4) }]))
    expect(events).toEqual([
      { register: 1, type: action, typeName: 'EV_EFI_ACTION', digest: sha384(event.data), data: event.data },
      { register: 3, type: 4, typeName: 'EV_SEPARATOR', digest: sha384(new Uint8Array(4)), data: new Uint8Array(4) },
    ])
  })

  it('may end in zeros, in FF, or with its last event', () => {
    for (const padding of [new Uint8Array(1000), new Uint8Array(1000).fill(0xff), new Uint8Array(1), new Uint8Array(0)]) {
      expect(parseEventLog(writeEventLog([event], { padding }))).toHaveLength(1)
    }
  })

  it('may have no event at all', () => {
    expect(parseEventLog(writeEventLog([]))).toEqual([])
  })

  it('may have digests of other algorithms beside SHA-384', () => {
    const digest = sha384(event.data)
    const digests = [[0x0b, new Uint8Array(32)] as const, [0x0c, digest] as const]
    const algorithms = [[0x0b, 32] as const, [0x0c, 48] as const]
    expect(parseEventLog(writeEventLog([{ ...event, digests }], { algorithms }))?.[0]?.digest).toEqual(digest)
  })

  it('may say more about the vendor', () => {
    expect(parseEventLog(writeEventLog([event], { specId: specIdEvent([[0x0c, 48]], 'td-shim') }))).toHaveLength(1)
  })

  it('is copied: writing to the input changes nothing that was read', () => {
    const log = Buffer.from(writeEventLog([event]))
    const events = parseEventLog(log)
    log.fill(0)
    expect(events?.[0]?.data).toEqual(event.data)
  })

  it('may tell things that extend nothing, which are left out', () => {
    const digest = new Uint8Array(48)
    expect(parseEventLog(writeEventLog([{ register: -1, type: 3, data: ascii('SP800-155 Event'), digest }, event]))).toHaveLength(
      1,
    )
  })
})

describe('a log is malformed', () => {
  const digest = new Uint8Array(48).fill(7)

  it('where the end is not all alike', () => {
    const mixed = new Uint8Array(64)
    mixed[63] = 0xff
    for (const padding of [mixed, mixed.map((byte) => byte ^ 0xff), Uint8Array.of(0, 0xff)]) {
      expect(complaint(writeEventLog([event], { padding }))).not.toBe('none')
    }
    expect(complaint(writeEventLog([event], { padding: mixed }))).toBe('what follows the last event is not padding')
  })

  it('where an event hides behind the padding', () => {
    const hidden = writeEventLog([event], { specId: new Uint8Array(16) })
    expect(complaint(writeEventLog([event], { padding: hidden }))).toBe('what follows the last event is not padding')
  })

  it('where it begins a second time', () => {
    const again = specIdEvent([[0x0b, 32]]).subarray(32)
    const second: WrittenEvent = { register: 0, type: 3, data: again, digest: new Uint8Array(48) }
    expect(complaint(writeEventLog([event, second, event]))).toBe('event 2: the log begins a second time')
  })

  it('where an event that extends nothing has a digest, or a register that does not exist', () => {
    expect(complaint(writeEventLog([{ register: 0, type: 3, data: ascii('x'), digest }]))).toMatch(/extends nothing has a digest/)
    const digests = [[0x0c, new Uint8Array(48)] as const]
    expect(complaint(writeEventLog([{ register: 4, type: 3, data: ascii('x'), digests }]))).toMatch(
      /no register with the number 5/,
    )
  })

  it('where an event names a register that no guest can extend', () => {
    expect(complaint(writeEventLog([{ ...event, register: -1 }]))).toBe('event 1: there is no RTMR with the number 0')
    expect(complaint(writeEventLog([{ ...event, register: 4 }]))).toBe('event 1: there is no RTMR with the number 5')
  })

  it('where an event has no SHA-384 digest', () => {
    expect(complaint(writeEventLog([{ ...event, digests: [] }]))).toBe('event 1: it lacks a digest: SHA-384')
    const algorithms = [[0x0b, 32] as const, [0x0c, 48] as const]
    const sha256Only = writeEventLog([{ ...event, digests: [[0x0b, new Uint8Array(32)]] }], { algorithms })
    expect(complaint(sha256Only)).toBe('event 1: it lacks a digest: SHA-384')
    expect(complaint(writeEventLog([event], { algorithms }))).toBe('event 1: it lacks a digest')
  })

  it('where an event has its SHA-384 digest twice', () => {
    const digests = [[0x0c, digest] as const, [0x0c, sha384(event.data)] as const]
    expect(complaint(writeEventLog([{ ...event, digests }]))).toBe('event 1: digest algorithm 0xc stands there twice')
  })

  it('where an event has a digest that the log does not announce', () => {
    const digests = [[0x0b, new Uint8Array(32)] as const]
    expect(complaint(writeEventLog([{ ...event, digests }]))).toBe("event 1: digest algorithm 0xb is not one of the log's")
  })

  it('where an event claims more digests or more data than there is', () => {
    for (const claimedLength of [event.data.length + 65, 0x7fffffff, 0xffffffff]) {
      expect(complaint(writeEventLog([{ ...event, claimedLength }]))).toBe('event 1: its data is longer than the log')
    }
    const claimsDigests = concatBytes(u32(1), u32(4), u32(0xffffffff))
    expect(complaint(writeEventLog([], { padding: claimsDigests }))).toBe('event 1: it has too many digests')
  })

  it('wherever it is cut off', () => {
    const log = writeEventLog([event], { padding: new Uint8Array(0) })
    const begin = specIdEvent([[0x0c, 48]]).length
    for (let length = 0; length < log.length; length += 1) {
      if (length !== begin) expect(complaint(log.subarray(0, length))).not.toBe('none')
    }
  })

  it('where its first event announces no SHA-384, an unknown algorithm, one twice, a wrong length, or too many', () => {
    const announced = (algorithms: readonly (readonly [number, number])[]) => complaint(writeEventLog([], { algorithms }))
    expect(announced([[0x0b, 32]])).toBe('it has no SHA-384 digests, which the RTMRs are extended with')
    expect(announced([])).toBe('it has no SHA-384 digests, which the RTMRs are extended with')
    expect(announced([[0x0c, 48], [0x99, 48]])).toBe('digest algorithm 0x99 is not known') // biome-ignore format: pairs
    expect(announced([[0x0c, 48], [0x0c, 48]])).toBe('digest algorithm 0xc is named twice') // biome-ignore format: pairs
    expect(announced([[0x0c, 32]])).toBe('digest algorithm 0xc is not known')
    expect(announced(Array.from({ length: 9 }, () => [0x0c, 48] as const))).toMatch(/too many digest algorithms/)
  })

  it('where its first event is another one, of another version, or of a wrong length', () => {
    const good = specIdEvent([[0x0c, 48]])
    const broken: readonly (readonly [number, number, RegExp])[] = [
      [0, 2, /none that begins a log/],
      [4, 4, /none that begins a log/],
      [8, 1, /none that begins a log/],
      [46, 0x32, /not Spec ID Event03/],
      [52, 1, /unknown version/],
      [53, 1, /unknown version/],
      [55, 4, /unknown version/],
      [64, 1, /wrong length/],
    ]
    for (const [at, value, message] of broken) {
      expect(complaint(writeEventLog([event], { specId: good.with(at, value) }))).toMatch(message)
    }
  })

  it('where it is longer or has more events than any real one', () => {
    expect(complaint(new Uint8Array(maximumLogLength + 1))).toMatch(/longer than/)
    const small: WrittenEvent = { register: 0, type: 5, data: new Uint8Array(0) }
    const log = (count: number) => writeEventLog(Array.from({ length: count }, () => small))
    expect(complaint(log(maximumEvents))).toBe('none')
    expect(complaint(log(maximumEvents + 1))).toMatch(/more than 512 events/)
  })

  it('where its events are longer than any real ones, whatever the padding', () => {
    const head = writeEventLog([{ ...event, data: new Uint8Array(0) }], { padding: new Uint8Array(0) }).length
    const log = (length: number, padding: number) =>
      complaint(writeEventLog([{ ...event, data: new Uint8Array(length - head).fill(1) }], { padding: new Uint8Array(padding) }))
    expect(log(maximumContentLength, 0)).toBe('none')
    expect(log(maximumContentLength, maximumLogLength - maximumContentLength)).toBe('none')
    expect(log(maximumContentLength + 1, 0)).toMatch(/events are longer than/)
    expect(log(maximumContentLength + 1, 64)).toMatch(/events are longer than/)
  })
})
