import { describe, expect, it } from 'vitest'
import { hasVectors, readVector } from '../testing/vectors.ts'
import { describeEvidence } from './describe-evidence.ts'
import { describeTdAttributes, describeXfam } from './tdx-bits.ts'

interface Expected {
  readonly file: string
  readonly version: number
  readonly trailing: number
  readonly trailing_all_zero: boolean
  readonly fmspc: string
  readonly pck_serial: string
  readonly tee_tcb_svn: string
  readonly tee_tcb_svn2: string | null
  readonly td_attributes: string
  readonly debug: boolean
  readonly sept_ve_disable: boolean
  readonly pks: boolean
  readonly perfmon: boolean
  readonly xfam: string
  readonly mrtd: string
  readonly rtmr: readonly string[]
  readonly mrconfigid: string
  readonly report_data: string
  readonly mr_servicetd: string | null
}

function describeVector(file: string, eventLog?: string) {
  const log = eventLog === undefined ? {} : { eventLog: readVector(eventLog) }
  const described = describeEvidence({ tee: 'tdx', quote: readVector(file), ...log })
  if (!('quote' in described) || described.quote === null) throw new Error('not readable')
  return { header: described.header, quote: described.quote, eventLog: described.eventLog }
}

describe.skipIf(!hasVectors)('a quote of a real platform is described field by field', () => {
  const all: Expected[] = hasVectors ? JSON.parse(Buffer.from(readVector('EXPECTED-tdx.json')).toString('utf8')) : []
  it.each(all.map((entry) => [entry.file, entry] as const))('%s', (file, expected) => {
    const { header, quote } = describeVector(file)
    const { body, certificates, trailing } = quote
    expect(header.version).toBe(expected.version)
    expect(body).toMatchObject({
      teeTcbSvn: expected.tee_tcb_svn,
      teeTcbSvn2: expected.tee_tcb_svn2,
      mrtd: expected.mrtd,
      rtmr: expected.rtmr,
      mrConfigId: expected.mrconfigid,
      reportData: expected.report_data,
      mrServiceTd: expected.mr_servicetd,
      xfam: { raw: expected.xfam },
    })
    const set = [
      ...(expected.debug ? ['DEBUG'] : []),
      ...(expected.sept_ve_disable ? ['SEPT_VE_DISABLE'] : []),
      ...(expected.pks ? ['PKS'] : []),
      ...(expected.perfmon ? ['PERFMON'] : []),
    ]
    expect(body.tdAttributes).toEqual({ raw: expected.td_attributes, set })
    expect(trailing).toEqual({ length: expected.trailing, zero: expected.trailing_all_zero })
    expect(certificates?.map(({ subject }) => subject)).toEqual([
      'Intel SGX PCK Certificate',
      expect.stringMatching(/^Intel SGX PCK (Platform|Processor) CA$/),
      'Intel SGX Root CA',
    ])
    expect(certificates?.[0]).toMatchObject({ pck: { fmspc: expected.fmspc } })
    expect(BigInt(`0x${certificates?.[0]?.serial}`)).toBe(BigInt(expected.pck_serial))
  })

  it('its log is replayed beside it, and a log of something else is malformed', () => {
    const cos = 'tdx/gotdx-cos113'
    const { quote, eventLog } = describeVector(`${cos}/quote.bin`, `${cos}/ccel_data.bin`)
    expect(eventLog).toMatchObject({ replayed: quote.body.rtmr })
    expect(describeVector(`${cos}/quote.bin`, `${cos}/ccel_table.bin`).eventLog).toEqual({ malformed: expect.any(String) })
  })

  it('whatever is changed in it or cut off, it is described at once and nothing is thrown', () => {
    const quote = readVector('tdx/phala/quote.bin')
    const positions = Array.from({ length: Math.floor(quote.length / 37) }, (_, index) => index * 37)
    const before = performance.now()
    for (const at of positions) {
      const changed = Uint8Array.from(quote)
      changed[at] = 0xff
      for (const bytes of [changed, quote.subarray(0, at)]) {
        expect(describeEvidence({ tee: 'tdx', quote: bytes, eventLog: bytes }).verified).toBe(false)
      }
    }
    // On average, because a busy machine may stop at any one of them.
    expect((performance.now() - before) / positions.length / 2).toBeLessThan(50)
  })
})

it('bits have the names of the specification, and those without one their number', () => {
  expect(describeTdAttributes(Uint8Array.of(0x81, 0, 0, 0x70, 0, 0, 0, 0x80))).toEqual({
    raw: '8100007000000080',
    set: ['DEBUG', 'bit 7', 'SEPT_VE_DISABLE', 'MIGRATABLE', 'PKS', 'PERFMON'],
  })
  expect(describeXfam(Uint8Array.of(0xe7, 0, 6, 0, 0, 0, 0, 0)).set.slice(-2)).toEqual(['AMX_TILECFG', 'AMX_TILEDATA'])
})

it('a quote in a layout that is not read is described by its header alone', () => {
  const quote = new Uint8Array(600)
  quote[0] = 3
  expect(describeEvidence({ tee: 'tdx', quote })).toMatchObject({ header: { version: 3 }, quote: null })
})
