import { sha384 } from '@reinraum/crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { maximumEvents } from './event-log/layout.ts'
import { writeEventLog } from './event-log/testing/write-event-log.ts'
import type { AttestationResult } from './result.ts'
import { type GoodEvidence, judge, simulated } from './testing/hostile/good-evidence.ts'
import { maxEntries } from './x509/revocation-list.ts'

let report: GoodEvidence
let quote: GoodEvidence
let fields: Readonly<Record<string, string>>
beforeAll(async () => {
  const [ofReport, ofQuote] = [simulated['a report of a simulated Genoa'], simulated['a quote of version 4 of a simulated TD']]
  if (ofReport === undefined || ofQuote === undefined) throw new Error('both can be simulated')
  ;[report, quote] = await Promise.all([ofReport(), ofQuote()])
  fields = JSON.parse(Buffer.from(quote.endorsements.collateral ?? []).toString('utf8'))
})

const encode = (text: string) => new TextEncoder().encode(text)
const pem = (label: string, content: string) => `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`

function judgeCollateral(text: string): Promise<AttestationResult> {
  return judge({ ...quote, endorsements: { ...quote.endorsements, collateral: encode(text) } })
}

function tlv(tag: number, ...values: Uint8Array[]): Uint8Array {
  const value = Buffer.concat(values)
  const { length } = value
  const long = length < 0x100 ? [0x81, length] : length < 0x10000 ? [0x82, length >> 8, length & 0xff] : null
  const octets = length < 0x80 ? [length] : (long ?? [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff])
  return Uint8Array.from([tag, ...octets, ...value])
}

describe('structures that are well formed and as large as they may be', { timeout: 120_000 }, () => {
  const nested: fc.Arbitrary<string> = fc.oneof(
    fc.integer({ min: 1, max: 60_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
    fc.integer({ min: 1, max: 12_000 }).map((depth) => `${'{"":'.repeat(depth)}1${'}'.repeat(depth)}`),
    fc.integer({ min: 1, max: 40_000 }).map((count) => `[${'[],'.repeat(count)}1]`),
    fc.integer({ min: 1, max: 8_000 }).map((count) => `{${Array.from({ length: count }, (_, i) => `"${i}":[]`).join(',')}}`),
  )

  it('JSON of any depth and any count in the place of collateral or of what it holds', async () => {
    const place = fc.constantFrom('', ...Object.keys(fields))
    await fc.assert(
      fc.asyncProperty(place, nested, async (name, json) => {
        const text = name === '' ? json : JSON.stringify({ ...fields, [name]: json })
        expect((await judgeCollateral(text)).status).toBe('contraindicated')
      }),
      { numRuns: 40, seed: 1 },
    )
  })

  it('beside what it holds, JSON is read to a depth and no deeper', async () => {
    const beside = (more: string) => judgeCollateral(`${JSON.stringify(fields).slice(0, -1)},"more":${more}}`)
    expect((await beside('['.repeat(60) + ']'.repeat(60))).status).toBe('affirming')
    expect((await beside('['.repeat(64) + ']'.repeat(64))).reasons).toEqual(['collateral-malformed'])
    expect((await beside(`[${'[],'.repeat(35_000)}1]`)).status).toBe('affirming')
  })

  it('PEM of many blocks, each alone or all in one', async () => {
    const certificate = pem('CERTIFICATE', 'MAMCAQU=')
    for (const name of ['pck_crl_issuer_chain', 'tcb_info_issuer_chain', 'qe_identity_issuer_chain']) {
      for (const chain of [certificate.repeat(8), certificate.repeat(9), certificate.repeat(1500)]) {
        const { reasons } = await judgeCollateral(JSON.stringify({ ...fields, [name]: chain }))
        expect(reasons).toContain('certificate-malformed')
      }
    }
    const list = JSON.stringify({ ...fields, pck_crl: pem('X509 CRL', 'MAMCAQU=').repeat(1000) })
    expect((await judgeCollateral(list)).reasons).toEqual(['crl-invalid'])
  })

  it('lists of as many entries as bytes allow', async () => {
    const small = Uint8Array.of(0x30, 3, 2, 1, 5)
    const [name, time] = [tlv(0x30), tlv(0x17, encode('260101000000Z'))]
    const algorithm = Uint8Array.from(Buffer.from('300a06082a8648ce3d040302', 'hex'))
    const of = (count: number) => {
      const entries = tlv(0x30, ...Array.from({ length: count }, () => small))
      return tlv(
        0x30,
        tlv(0x30, Uint8Array.of(2, 1, 1), algorithm, name, time, time, entries),
        algorithm,
        tlv(3, new Uint8Array(65)),
      )
    }
    for (const count of [maxEntries, maxEntries + 1, 4500, 26_000]) {
      const crls = [of(count), ...report.endorsements.crls]
      expect((await judge({ ...report, endorsements: { ...report.endorsements, crls } })).reasons).toEqual(['crl-invalid'])
      const pck_crl = Buffer.from(of(Math.min(count, 4500))).toString('base64')
      expect((await judgeCollateral(JSON.stringify({ ...fields, pck_crl }))).reasons).toContain('crl-invalid')
    }
  })

  it('more certificates and lists than there are roles', async () => {
    const { certificates, crls } = report.endorsements
    const same = <T>(list: readonly T[], count: number) =>
      Array.from({ length: count }, (_, index) => list[index % list.length] as T)
    const with_ = (c: number, l: number) =>
      judge({ ...report, endorsements: { certificates: same(certificates, c), crls: same(crls, l) } })
    expect((await with_(8, 4)).status).toBe('affirming')
    expect((await with_(9, 4)).reasons).toEqual(['certificate-malformed'])
    expect((await with_(8, 5)).reasons).toEqual(['crl-invalid'])
    expect((await with_(100_000, 4)).reasons).toEqual(['certificate-malformed'])
  })

  it('logs of as many events as are read, and of one more', async () => {
    const data = new Uint8Array(40).fill(0x41)
    const event = { register: 0, type: 5, data, digest: sha384(data) }
    for (const [count, reason] of [
      [maximumEvents, 'event-log-mismatch'],
      [maximumEvents + 1, 'event-log-malformed'],
    ] as const) {
      const eventLog = writeEventLog(Array.from({ length: count }, () => event))
      const { reasons } = await judge({ ...quote, evidence: { ...quote.evidence, eventLog } as GoodEvidence['evidence'] })
      expect(reasons).toEqual([reason])
    }
  })
})
