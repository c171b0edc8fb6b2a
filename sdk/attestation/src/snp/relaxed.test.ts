import { fromHex, sha256, toHex } from '@reinraum/crypto'
import { Integer, OctetString } from 'asn1js'
import { beforeAll, describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { isAcceptable } from '../result.ts'
import { der } from '../simulator/asn1.ts'
import { type CertificateContent, encodeCertificate } from '../simulator/certificates.ts'
import { basicConstraints, keyUsage } from '../simulator/extensions.ts'
import { simulatedAttester } from '../simulator/snp/attester.ts'
import { type SimulatedPlatform, templatesOf } from '../simulator/snp/platform.ts'
import { strangerRsa, withExtension } from '../testing/certificate-changes.ts'
import { asVlek, provider } from '../testing/faults/fault.ts'
import { relaxations } from '../testing/faults/relaxed.ts'
import {
  appraiseIn,
  createPlatform,
  evidenceOf,
  measurement,
  now,
  referenceFor,
  reportData,
} from '../testing/simulated-evidence.ts'
import { offsets, scalarLength } from './layout.ts'
import { encodeTcb } from './tcb.ts'
import { vekOids } from './vek-extensions.ts'

let genoa: SimulatedPlatform
let milan: SimulatedPlatform
let turin: SimulatedPlatform
beforeAll(async () => {
  ;[genoa, milan, turin] = await Promise.all([createPlatform('Genoa'), createPlatform('Milan'), createPlatform('Turin')])
})

describe('what the reference values relax is accepted as a warning that names it', () => {
  it.each(relaxations)('$waiver', async ({ waiver, ...situation }) => {
    const result = await appraiseIn(genoa, situation)
    expect(result).toMatchObject({ status: 'warning', reasons: [], waivers: [waiver] })
    expect(isAcceptable(result)).toBe(true)
    expect(Object.values(result.trustVector)).toContain(32)
  })

  it('Milan', async () => {
    expect(await appraiseIn(milan)).toMatchObject({ status: 'contraindicated', reasons: ['product-denied'] })
    const result = await appraiseIn(milan, { reference: { policy: { products: ['Milan'] } } })
    expect(result).toMatchObject({ status: 'warning', reasons: [], waivers: ['milan'] })
  })

  it('a revocation list that is not required but there must still be good', async () => {
    const result = await appraiseIn(genoa, {
      overrides: { crl: (c) => ({ ...c, nextUpdate: new Date(now.getTime() - 1000) }) },
      reference: { policy: { requireCrl: false } },
    })
    expect(result).toMatchObject({ status: 'contraindicated', reasons: ['crl-expired'] })
    expect(isAcceptable(result)).toBe(false)
  })
})

describe('what is only unusual is affirming', () => {
  it('Turin, with eight bytes of chip id and its own TCB layout', async () => {
    const result = await appraiseIn(turin)
    expect(result).toMatchObject({
      status: 'affirming',
      hardware: false,
      claims: { product: 'Turin', tcb: { reported: turin.tcb } },
    })
  })

  it('but not a Turin whose chip id goes on after eight bytes, or whose TCB is laid out as on Genoa', async () => {
    const chipId = fromHex(turin.chipId).with(8, 1)
    expect((await appraiseIn(turin, { overrides: { report: { chipId } } })).reasons).toEqual(['chip-id-mismatch'])
    const older = encodeTcb('Genoa', turin.tcb)
    const report = { reportedTcb: older, committedTcb: older, currentTcb: older, launchTcb: older }
    expect((await appraiseIn(turin, { overrides: { report } })).reasons).toContain('reserved-not-zero')
  })

  it.each([0x10, 0x1f, 0xa0, 0xaf])('Genoa of model %i', async (model) => {
    const result = await appraiseIn(genoa, { overrides: { report: { cpuid: { family: 0x19, model, stepping: 2 } } } })
    expect(result).toMatchObject({ status: 'affirming', claims: { product: 'Genoa' } })
  })

  it.each([3, 4, 5])('a report of version %i', async (version) => {
    expect((await appraiseIn(genoa, { overrides: { report: { version } } })).status).toBe('affirming')
  })

  it('unknown bits of platform_info', async () => {
    expect((await appraiseIn(genoa, { overrides: { report: { platformInfo: 0xffff_ffff_ffff_ffe5n } } })).status).toBe(
      'affirming',
    )
  })

  it('the VLEK of a provider that the reference values name, which belongs to no chip', async () => {
    const overrides = asVlek(provider)
    const zero = { ...overrides, report: { ...overrides.report, chipId: new Uint8Array(64) } }
    const result = await appraiseIn(genoa, { overrides: zero, reference: { policy: { cspIds: [provider] } } })
    expect(result).toMatchObject({ status: 'affirming', claims: { signedBy: 'VLEK' } })
  })

  it('a chip id wrapped in an OCTET STRING', async () => {
    const wrapped = der(new OctetString({ valueHex: fromHex(genoa.chipId) }))
    const result = await appraiseIn(genoa, { overrides: { vek: withExtension(vekOids.hwid, wrapped) } })
    expect(result.status).toBe('affirming')
  })

  it.each([0x02, 0x04, 0x30])('a raw chip id whose first byte is %i, the tag of something', async (tag) => {
    const chipId = fromHex(genoa.chipId).with(0, tag).with(1, 62)
    const overrides = { report: { chipId }, vek: withExtension(vekOids.hwid, chipId) }
    expect((await appraiseIn(genoa, { overrides })).status).toBe('affirming')
  })

  it('patch levels of 128 and more, which DER writes in two bytes', async () => {
    const tcb = encodeTcb('Genoa', { ...genoa.tcb, microcode: 213 })
    const report = { reportedTcb: tcb, committedTcb: tcb, currentTcb: tcb, launchTcb: tcb }
    const vek = withExtension(vekOids.microcode, der(Integer.fromBigInt(213)))
    expect((await appraiseIn(genoa, { overrides: { report, vek } })).status).toBe('affirming')
    // One byte with the top bit set is a negative number in DER, whatever some readers make of it.
    const negative = withExtension(vekOids.microcode, Uint8Array.of(2, 1, 213))
    expect((await appraiseIn(genoa, { overrides: { report, vek: negative } })).reasons).toEqual(['tcb-mismatch'])
  })

  it('the other form of the same ECDSA signature, which is why evidence bytes are no replay protection', async () => {
    const order = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n
    const result = await appraiseIn(genoa, {
      overrides: {
        afterSigning: (report) => {
          const field = report.subarray(offsets.signatureS, offsets.signatureS + scalarLength)
          const s = BigInt(`0x${Buffer.from(field).reverse().toString('hex')}`)
          field.set(Buffer.from((order - s).toString(16).padStart(96, '0'), 'hex').reverse())
        },
      },
    })
    expect(result.status).toBe('affirming')
  })

  it('the same certificate sent twice, and the chain in another order', async () => {
    const result = await appraiseIn(genoa, {
      overrides: { endorsements: (e) => ({ ...e, certificates: [...e.certificates, ...e.certificates.toReversed()] }) },
    })
    expect(result.status).toBe('affirming')
  })
})

describe('a root is not right for being pinned', () => {
  const roots: [string, (c: CertificateContent) => CertificateContent, string][] = [
    ['is issued by another name', (c) => ({ ...c, issuer: 'ARK-Milan' }), 'chain-names-invalid'],
    ['is no authority', (c) => ({ ...c, extensions: [keyUsage(0x06)] }), 'chain-constraints-invalid'],
    ['may not sign revocation lists', (c) => ({ ...c, extensions: [basicConstraints(), keyUsage(0x04)] }), 'crl-invalid'],
    ['is not signed by itself', (c) => ({ ...c, signedBy: { key: strangerRsa.privateKey } }), 'chain-signature-invalid'],
    ['has expired', (c) => ({ ...c, notAfter: new Date(now.getTime() - 1000) }), 'certificate-expired'],
  ]
  it.each(roots)('one that %s is refused', async (_, ark, reason) => {
    // A PSS signature is random: the changed root is made once, and that one is pinned.
    const changed = encodeCertificate(ark(templatesOf(genoa).templates.ark))
    const { evidence, endorsements } = await evidenceOf(genoa)
    const certificates = [...endorsements.certificates.slice(0, 2), changed]
    const pinned = referenceFor({ ...genoa, arkSha256: toHex(sha256(changed)) })
    const result = await appraise(evidence, { ...endorsements, certificates }, pinned, { reportData }, now)
    expect(result.reasons).toEqual([reason])
  })

  it('and one that is pinned for another product neither', async () => {
    const { evidence, endorsements } = await simulatedAttester(genoa, { measurement }).getEvidence(reportData)
    const other = referenceFor({ ...genoa, product: 'Turin' })
    expect((await appraise(evidence, endorsements, other, { reportData }, now)).reasons).toEqual(['root-not-pinned'])
  })
})
