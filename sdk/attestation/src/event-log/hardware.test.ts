import { sha384, toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { hasVectors, listVectors, readVector } from '../testing/vectors.ts'
import { appraiseEventLog } from './appraise-event-log.ts'
import { maximumContentLength, maximumEvents, maximumLogLength } from './layout.ts'
import { parseEventLog } from './parse-event-log.ts'
import { replay } from './replay.ts'
import { registersOfQuote } from './testing/quote-registers.ts'

/** Every recorded log: how many events extended a register, and how many of them say what their digest is of. */
const logs: Readonly<Record<string, readonly [events: number, verified: number]>> = {
  'ccel/dstack-ccel.bin': [18, 12],
  'ccel/go-eventlog_cos-113-intel-tdx.bin': [43, 31],
  'ccel/trustee_CCEL_data': [5, 4],
  'ccel/trustee_CCEL_data_gcp': [21, 14],
}

describe.skipIf(!hasVectors)('logs of real firmware', () => {
  it('are all judged', () => {
    expect(listVectors('ccel')).toEqual(Object.keys(logs).sort())
  })

  it.each(Object.entries(logs))('%s has digests of what it says', (path, [count, verified]) => {
    const log = readVector(path)
    const events = parseEventLog(log)
    if (events === null) throw new Error('the log is malformed')
    const appraisal = appraiseEventLog(log, replay(events))
    expect(appraisal).toMatchObject({ ok: true, events: count, verified, opaque: count - verified })
  })

  it('are far from the bounds that a log is held to', () => {
    for (const path of Object.keys(logs)) {
      const log = readVector(path)
      const events = parseEventLog(log) ?? []
      const last = events.at(-1)?.data
      expect(log.length).toBeLessThanOrEqual(maximumLogLength)
      expect(events.length).toBeLessThan(maximumEvents / 4)
      expect(last === undefined ? 0 : last.byteOffset + last.length).toBeLessThan(maximumContentLength / 8)
    }
  })

  it('one of them came with a quote, and another project kept the same one', () => {
    const log = readVector('tdx/gotdx-cos113/ccel_data.bin')
    const same = readVector('ccel/go-eventlog_cos-113-intel-tdx.bin')
    expect(toHex(sha384(log))).toBe(toHex(sha384(same)))
    expect(appraiseEventLog(same, registersOfQuote(readVector('tdx/gotdx-cos113/quote.bin')))).toMatchObject({ ok: true })
  })
})
