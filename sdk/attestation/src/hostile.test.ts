import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from './appraise.ts'
import type { Endorsements, Evidence } from './evidence.ts'
import type { ReferenceValuesInput } from './reference-values.ts'
import type { AttestationResult } from './result.ts'
import type { SimulatedPlatform } from './simulator/snp/platform.ts'
import { reportLength, signedLength } from './snp/layout.ts'
import { createPlatform, evidenceOf, now, referenceFor, reportData } from './testing/simulated-evidence.ts'
import { parseCertificate } from './x509/certificate.ts'
import { parseRevocationList } from './x509/revocation-list.ts'

let platform: SimulatedPlatform
let report: Uint8Array
let endorsements: Endorsements
let reference: ReferenceValuesInput
beforeAll(async () => {
  platform = await createPlatform()
  reference = referenceFor(platform)
  const made = await evidenceOf(platform)
  report = made.evidence.report
  endorsements = made.endorsements
})

function judge(evidence: Evidence, with_: Endorsements = endorsements): Promise<AttestationResult> {
  return appraise(evidence, with_, reference, { reportData }, now)
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const at = bit >> 3
  return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)))
}

/** Any tree of DER: right tags and lengths around nonsense. */
const derGarbage: fc.Arbitrary<Uint8Array> = fc.letrec<{ tree: Uint8Array }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc
      .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 12, 19, 22, 23, 24), fc.uint8Array({ maxLength: 60 }))
      .map(([tag, value]) => tlv(tag, value)),
    fc
      .tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0xa1, 0xa2, 0xa3), fc.array(tie('tree'), { maxLength: 6 }))
      .map(([tag, children]) => tlv(tag, Uint8Array.from(children.flatMap((child) => [...child])))),
  ),
})).tree

function tlv(tag: number, value: Uint8Array): Uint8Array {
  const length = value.length
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, (length >> 8) & 0xff, length & 0xff]
  return Uint8Array.of(tag, ...header, ...value)
}

// Thousands of RSA signatures: on a busy machine that takes longer than a test usually may.
describe('no bytes make the appraisal throw or affirm', { timeout: 300_000 }, () => {
  it('random bytes in the place of a report', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.uint8Array({ minLength: reportLength, maxLength: reportLength }),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (random) => {
        expect((await judge({ tee: 'snp', report: random })).status).toBe('contraindicated')
      }),
      { numRuns: 100 },
    )
  })

  it('every length but one is malformed', async () => {
    for (const length of [0, 1, signedLength, reportLength - 1, reportLength + 1, 4000]) {
      const bytes = new Uint8Array(length)
      bytes.set(report.subarray(0, length))
      const result = await judge({ tee: 'snp', report: bytes })
      expect(result).toMatchObject({ status: 'contraindicated', reasons: ['malformed-evidence'], claims: null })
      expect(result.checks.every((check) => check.verdict === (check.name === 'length' ? 'failed' : 'skipped'))).toBe(true)
    }
  })

  it('one flipped bit anywhere in the report, signed part, signature and tail', async () => {
    expect((await judge({ tee: 'snp', report })).status).toBe('affirming')
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: reportLength * 8 - 1 }), async (bit) => {
        expect((await judge({ tee: 'snp', report: flipped(report, bit) })).status).toBe('contraindicated')
      }),
      { numRuns: 150 },
    )
  })

  it('one flipped bit in a certificate or in the revocation list', async () => {
    const items = [...endorsements.certificates, ...endorsements.crls]
    const place = fc.integer({ min: 0, max: items.length - 1 }).chain((index) => {
      const length = items[index]?.length ?? 1
      return fc.tuple(fc.constant(index), fc.integer({ min: 0, max: length * 8 - 1 }))
    })
    await fc.assert(
      fc.asyncProperty(place, async ([index, bit]) => {
        const changed = items.map((item, at) => (at === index ? flipped(item, bit) : item))
        const result = await judge({ tee: 'snp', report }, { certificates: changed.slice(0, 3), crls: changed.slice(3) })
        expect(result.status).toBe('contraindicated')
      }),
      { numRuns: 150 },
    )
  })

  it('certificates and lists cut short, run together or exchanged', async () => {
    const [vcek, ask, ark] = endorsements.certificates as [Uint8Array, Uint8Array, Uint8Array]
    const [crl] = endorsements.crls as [Uint8Array]
    const hostile: Endorsements[] = [
      { certificates: [vcek.subarray(0, -1), ask, ark], crls: [crl] },
      { certificates: [vcek, ask, Uint8Array.of(...ark, ...ark)], crls: [crl] },
      { certificates: [vcek, ask, crl], crls: [ark] },
      { certificates: [vcek, ask, ark], crls: [Uint8Array.of(...crl, 0)] },
      { certificates: [vcek, ask, ark], crls: [vcek] },
      { certificates: [new Uint8Array(0)], crls: [new Uint8Array(0)] },
      { certificates: [], crls: [] },
    ]
    for (const one of hostile) expect((await judge({ tee: 'snp', report }, one)).status).toBe('contraindicated')
  })

  it('PEM in the place of DER', async () => {
    const pem = endorsements.certificates.map((c) =>
      Buffer.from(`-----BEGIN CERTIFICATE-----\n${Buffer.from(c).toString('base64')}\n-----END CERTIFICATE-----\n`),
    )
    expect((await judge({ tee: 'snp', report }, { ...endorsements, certificates: pem })).reasons).toEqual([
      'certificate-malformed',
    ])
  })

  it('DER that is well formed and means nothing', async () => {
    await fc.assert(
      fc.asyncProperty(derGarbage, async (garbage) => {
        const [certificate, list] = [parseCertificate(garbage), parseRevocationList(garbage)]
        expect([certificate, list]).toEqual([null, null])
        const beside = { certificates: [...endorsements.certificates, garbage], crls: endorsements.crls }
        expect((await judge({ tee: 'snp', report }, beside)).reasons).toEqual(['certificate-malformed'])
      }),
      { numRuns: 100 },
    )
  })

  it('DER nested as deep as a certificate is long, or longer than any certificate', async () => {
    let deep = Uint8Array.of(5, 0)
    while (deep.length < 16_000) deep = Uint8Array.from(tlv(0x30, deep))
    expect(parseCertificate(deep)).toBeNull()
    // Indefinite lengths nest without growing: a parser that recurses meets its limit here.
    const indefinite = new Uint8Array(1024 * 1024 - 8).map((_, index) => (index % 2 === 0 ? 0x30 : 0x80))
    const framed = tlv3(indefinite)
    expect(parseRevocationList(framed)).toBeNull()
    const heavy = {
      certificates: [deep, new Uint8Array(17_000).fill(0x30)],
      crls: [framed, new Uint8Array(2_000_000).fill(0x30)],
    }
    expect((await judge({ tee: 'snp', report }, heavy)).status).toBe('contraindicated')
  })

  it('values that are not what their type says, as they come from JavaScript', async () => {
    const hostile: unknown[] = [
      null,
      undefined,
      1,
      'snp',
      {},
      { tee: 'snp' },
      { tee: 'snp', report: 'x' },
      { tee: 'snp', report: { length: reportLength } },
      { tee: 'sgx' },
      [],
    ]
    for (const evidence of hostile) {
      const result = await judge(evidence as Evidence)
      expect(result).toMatchObject({ status: 'contraindicated', hardware: false, claims: null })
    }
    for (const other of [null, {}, { certificates: [1, null], crls: ['x'] }, { certificates: 5, crls: 5 }]) {
      expect((await judge({ tee: 'snp', report }, other as unknown as Endorsements)).status).toBe('contraindicated')
    }
  })
})

function tlv3(value: Uint8Array): Uint8Array {
  const { length } = value
  const framed = new Uint8Array(length + 5)
  framed.set([0x30, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff])
  framed.set(value, 5)
  return framed
}
