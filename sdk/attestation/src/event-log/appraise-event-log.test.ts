import { sha384, toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { appraiseEventLog, type EventLogAppraisal } from './appraise-event-log.ts'
import { type MeasuredEvent, parseEventLog } from './parse-event-log.ts'
import { replay } from './replay.ts'
import { registersOfQuote } from './testing/quote-registers.ts'
import { ascii, type WrittenEvent, writeEventLog } from './testing/write-event-log.ts'

function eventsOf(log: Uint8Array): readonly MeasuredEvent[] {
  const events = parseEventLog(log)
  if (events === null) throw new Error('the log is malformed')
  return events
}

/** As its own registers would have it: only what the digests are of can be wrong. */
function appraiseAlone(log: Uint8Array): EventLogAppraisal {
  return appraiseEventLog(log, replay(eventsOf(log)))
}

function reasonOf(appraisal: EventLogAppraisal): string {
  return appraisal.ok ? 'ok' : appraisal.reason
}

describe.skipIf(!hasVectors)('a log from real firmware', () => {
  const quoted = () => ({
    log: readVector('tdx/gotdx-cos113/ccel_data.bin'),
    rtmrs: registersOfQuote(readVector('tdx/gotdx-cos113/quote.bin')),
  })

  it('replays to the registers of the quote that came with it (Google, Container-Optimized OS)', () => {
    const { log, rtmrs } = quoted()
    expect(appraiseEventLog(log, rtmrs)).toMatchObject({ ok: true, events: 43, verified: 31, opaque: 12 })
  })

  it('shows what it verified, and by which rule, beside what it could not', () => {
    const { log, rtmrs } = quoted()
    const appraisal = appraiseEventLog(log, rtmrs)
    const list = appraisal.ok ? appraisal.list : []
    expect(list[2]).toEqual({
      register: 0,
      typeName: 'EV_EFI_VARIABLE_DRIVER_CONFIG',
      digest: expect.stringMatching(/^[0-9a-f]{96}$/),
      verified: true,
      rule: 'event-data',
      text: 'SecureBoot = 00',
    })
    expect(list[17]).toMatchObject({ register: 1, verified: false, rule: null, text: '\\EFI\\BOOT\\BOOTX64.EFI' })
    expect(list[24]).toMatchObject({ register: 2, verified: false, rule: null, text: '/efi/boot/grub.cfg' })
    expect(list[25]).toMatchObject({ register: 2, verified: true, rule: 'grub-string', text: 'grub_cmd: defaultA=2' })
    expect(list[12]).toMatchObject({ rule: 'variable-data', text: 'Boot0001 = (96 bytes)' })
  })

  it("lets td-shim's own copy of what it measured be verified", () => {
    const appraisal = appraiseAlone(readVector('ccel/trustee_CCEL_data'))
    const list = appraisal.ok ? appraisal.list : []
    expect(list.at(-1)).toMatchObject({ rule: 'td-shim-info', text: 'td_payload_info: root=/dev/vda1 console=hvc0 rw' })
  })

  it('does not match with an event removed, added, or moved', () => {
    const { log, rtmrs } = quoted()
    const events = eventsOf(log)
    const data = ascii('one more')
    const added: MeasuredEvent = { register: 2, type: 5, typeName: 'EV_ACTION', data, digest: sha384(data) }
    expect(appraiseEventLog(writeEventLog(events), rtmrs)).toMatchObject({ ok: true })
    for (let index = 0; index < events.length; index += 1) {
      const { register, digest } = events[index] as MeasuredEvent
      expect(reasonOf(appraiseEventLog(writeEventLog(events.toSpliced(index, 1)), rtmrs))).toBe('event-log-mismatch')
      expect(reasonOf(appraiseEventLog(writeEventLog(events.toSpliced(index, 0, added)), rtmrs))).toBe('event-log-mismatch')
      const isOther = (event: MeasuredEvent) => event.register === register && toHex(event.digest) !== toHex(digest)
      const next = events.findIndex((event, at) => at > index && isOther(event))
      if (next < 0) continue
      const moved = events.with(index, events[next] as MeasuredEvent).with(next, events[index] as MeasuredEvent)
      expect(reasonOf(appraiseEventLog(writeEventLog(moved), rtmrs))).toBe('event-log-mismatch')
    }
  })

  it('does not match with an event that is said to have extended another register', () => {
    const { log, rtmrs } = quoted()
    const events = eventsOf(log)
    for (const [index, event] of events.entries()) {
      const elsewhere = events.with(index, { ...event, register: ((event.register + 1) % 4) as MeasuredEvent['register'] })
      expect(reasonOf(appraiseEventLog(writeEventLog(elsewhere), rtmrs))).toBe('event-log-mismatch')
    }
  })

  it('is refused with the data of a verified event changed: all registers match, the digest is of something else', () => {
    const { log, rtmrs } = quoted()
    const events = eventsOf(log)
    const good = appraiseEventLog(log, rtmrs)
    const verified = good.ok ? good.list.flatMap((event, index) => (event.verified ? [index] : [])) : []
    expect(verified).toHaveLength(31)
    for (const index of verified) {
      const event = events[index] as MeasuredEvent
      const last = event.data.length - 1
      const changed = { ...event, data: event.data.with(last, (event.data[last] ?? 0) ^ 1) }
      const appraisal = appraiseEventLog(writeEventLog(events.with(index, changed)), rtmrs)
      expect(appraisal).toMatchObject({ reason: 'event-digest-mismatch', detail: expect.stringContaining(`event ${index + 1}`) })
    }
  })

  it('says which registers it does not lead to', () => {
    const { log, rtmrs } = quoted()
    for (const index of [0, 1, 2, 3]) {
      expect(appraiseEventLog(log, rtmrs.with(index, new Uint8Array(48).fill(1)))).toEqual({
        ok: false,
        reason: 'event-log-mismatch',
        detail: `the events do not lead to RTMR${index}`,
      })
    }
  })
})

describe('a log', () => {
  const event: WrittenEvent = { register: 3, type: 5, data: ascii('loaded the configuration') }
  const log = writeEventLog([event])
  const rtmrs = replay([{ register: 3, digest: sha384(event.data) }])

  it('is compared with all four registers, no fewer and no more, each whole', () => {
    expect(appraiseEventLog(log, rtmrs)).toMatchObject({ ok: true, events: 1, verified: 1, opaque: 0 })
    for (const wrong of [[], rtmrs.slice(0, 3), [...rtmrs, new Uint8Array(48)], rtmrs.map((rtmr) => rtmr.subarray(0, 47))]) {
      expect(reasonOf(appraiseEventLog(log, wrong))).toBe('event-log-mismatch')
    }
  })

  it('without events tells of a guest that extended nothing', () => {
    const zero = replay([])
    expect(appraiseEventLog(writeEventLog([]), zero)).toMatchObject({ ok: true, events: 0 })
    expect(reasonOf(appraiseEventLog(writeEventLog([]), rtmrs))).toBe('event-log-mismatch')
  })

  it('is malformed before anything else', () => {
    expect(appraiseEventLog(log.subarray(1), rtmrs)).toMatchObject({ ok: false, reason: 'event-log-malformed' })
    expect(appraiseEventLog(new Uint8Array(0), replay([]))).toMatchObject({ ok: false, reason: 'event-log-malformed' })
    expect(appraiseEventLog(new Uint8Array(65536), replay([]))).toMatchObject({ ok: false, reason: 'event-log-malformed' })
  })

  it('cannot be told by digests of events that extend nothing', () => {
    const told: WrittenEvent = { register: 3, type: 3, data: event.data }
    expect(reasonOf(appraiseEventLog(writeEventLog([told]), rtmrs))).toBe('event-log-malformed')
    const silent: WrittenEvent = { ...told, digest: new Uint8Array(48) }
    expect(appraiseEventLog(writeEventLog([silent, event]), rtmrs)).toMatchObject({ ok: true, events: 1 })
  })

  it('with a type that no rule is known for is refused, even where its digest is of its data', () => {
    for (const type of [0, 2, 0x08000001, 0x80000000, 0xffffffff]) {
      const appraisal = appraiseAlone(writeEventLog([{ ...event, type }]))
      expect(appraisal).toMatchObject({ reason: 'event-digest-mismatch', detail: expect.stringContaining('no rule is known') })
    }
  })

  it('that calls a verified event an opaque one passes, and shows it as unverified: no digest covers a type', () => {
    const appraisal = appraiseEventLog(writeEventLog([{ ...event, type: 1 }]), rtmrs)
    expect(appraisal).toMatchObject({ ok: true, verified: 0, opaque: 1, list: [{ typeName: 'EV_POST_CODE', verified: false }] })
  })
})
