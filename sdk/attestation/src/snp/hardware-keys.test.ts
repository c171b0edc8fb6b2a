import { toHex } from '@reinraum/crypto'
import { describe, expect, it } from 'vitest'
import { appraise } from '../appraise.ts'
import { amdChain, appraiseRealSnp, type ExpectedKey, type ExpectedReport, expectedReports } from '../testing/snp-vectors.ts'
import { hasVectors, listVectors, readVector } from '../testing/vectors.ts'
import { type ParsedCertificate, parseCertificate } from '../x509/certificate.ts'
import { isSignedWith } from '../x509/signature.ts'
import { parseReport } from './report.ts'
import { amdRoots, type SnpProduct, snpProducts } from './roots.ts'
import { parseTcb } from './tcb.ts'
import { readHwid, readProduct, readTcb } from './vek-extensions.ts'

function certificateOf(path: string): ParsedCertificate {
  const certificate = parseCertificate(readVector(path))
  if (certificate === null) throw new Error(`${path} is no certificate`)
  return certificate
}

function productOf(vek: ParsedCertificate): SnpProduct | null {
  return snpProducts.find((product) => product === readProduct(vek)) ?? null
}

/** Who of AMD's authorities signed it, as EXPECTED-snp.json writes them. */
function signersOf(vek: ParsedCertificate): string[] {
  return snpProducts.flatMap((product) => {
    const authorities = amdChain(product).map((der) => parseCertificate(der))
    return authorities.flatMap((ca) => {
      const name = ca?.subject.commonName === `SEV-${product}` ? 'ASK' : 'ASVK'
      const signed = ca !== null && !ca.subject.commonName?.startsWith('ARK') && isSignedWith(ca, vek, 'rsa-pss-sha384')
      return signed ? [`${product.toLowerCase()}/${name}`] : []
    })
  })
}

const keys = expectedReports.flatMap((report) =>
  Object.entries(report.certs).map(([name, key]): { path: string; report: ExpectedReport; key: ExpectedKey } => ({
    path: `${report.file.slice(0, report.file.lastIndexOf('/'))}/${name}`,
    report,
    key,
  })),
)

/** no report beside it, so that EXPECTED-snp.json does not know it */
const alone = 'snp/virtee-turin-vcek/vcek.der'

describe.skipIf(!hasVectors)('signing keys of real processors', () => {
  it('are all read: each certificate of a VEK among the files is one of these', () => {
    const veks = listVectors('snp').filter((path) => {
      const subject = path.endsWith('.der') ? parseCertificate(readVector(path))?.subject.commonName : null
      return subject === 'SEV-VCEK' || subject === 'SEV-VLEK'
    })
    const known = new Set([...keys.map(({ path }) => path), alone])
    expect(veks.filter((path) => !known.has(path))).toEqual([])
    expect(veks).toHaveLength(16)
  })

  it.each(keys)('$path is what an independent reading found, with $report.file', async ({ path, report, key }) => {
    const vek = certificateOf(path)
    const product = productOf(vek)
    const hwid = product === null ? null : readHwid(vek, product)
    const chipId = parseReport(readVector(report.file))?.chipId
    expect(vek.notBefore).toEqual(new Date(key.not_before))
    expect(vek.notAfter).toEqual(new Date(key.not_after))
    expect(signersOf(vek)).toEqual(key.chain)
    if (hwid !== null && chipId !== undefined) {
      const [matches, rest] = [toHex(chipId).startsWith(toHex(hwid)), chipId.subarray(hwid.length)]
      expect(matches && rest.every((byte) => byte === 0)).toBe(key.hwid_matches)
    }
    const { '3.1': bootloader, '3.2': tee, '3.3': snp, '3.8': microcode, '3.9': fmc = 0 } = key.spl
    const spl = Object.keys(key.spl).length === 0 ? null : { bootloader, tee, snp, microcode, fmc }
    if (product !== null) expect(readTcb(vek, product)).toEqual(spl)
    else expect(spl).toBeNull()
  })

  it.each(keys)('$path signed $report.file, or did not, as an independent computation says', async ({ path, report, key }) => {
    const product = productOf(certificateOf(path)) ?? 'Milan'
    const policy = { products: [product], allowVersion2: true }
    const vek = path.slice(path.lastIndexOf('/') + 1)
    const { checks } = await appraiseRealSnp(report, { product, vek, policy, now: '2026-07-01T00:00:00Z' })
    expect(checks.some(({ name, verdict }) => name === 'report-signature' && verdict === 'passed')).toBe(key.report_sig_ok)
  })

  it('of Turin name their chip in eight bytes, and five levels', () => {
    const vek = certificateOf(alone)
    expect(productOf(vek)).toBe('Turin')
    expect(signersOf(vek)).toEqual(['turin/ASK'])
    expect(readHwid(vek, 'Turin')).toHaveLength(8)
    expect(readHwid(vek, 'Milan')).toBeNull()
    expect(readTcb(vek, 'Turin')).toMatchObject({ fmc: expect.any(Number), bootloader: expect.any(Number) })
    const { bytes, ...tcb } = {
      bytes: readVector('snp/ms-tav-turin/report.bin').subarray(0x180, 0x188),
      ...readTcb(vek, 'Turin'),
    }
    expect(Object.keys(tcb).sort()).toEqual(Object.keys(parseTcb('Turin', bytes)).sort())
  })
})

describe.skipIf(!hasVectors)('other collections of the same evidence', () => {
  it('the JSON of attestation-rs is another report of the same chip, under a VCEK of its own', async () => {
    const { evidence } = JSON.parse(Buffer.from(readVector('snp/attestation-rs-genoa-v5/evidence.json')).toString('utf8'))
    const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))
    const [bin, der] = [evidence.attestation_report, evidence.cert_chain.vcek].map(bytes) as [Uint8Array, Uint8Array]
    const report = parseReport(bin)
    const beside = parseReport(readVector('snp/attestation-rs-genoa-v5/report.bin'))
    if (report === null || beside === null) throw new Error('both can be read')
    expect(report.chipId).toEqual(beside.chipId)
    const snp = {
      roots: [{ product: 'Genoa' as const, sha256: amdRoots.Genoa, simulated: false }],
      measurements: [toHex(report.measurement)],
      policy: { requireCrl: false },
    }
    const endorsements = { certificates: [...amdChain('Genoa'), der], crls: [] }
    const asked = { reportData: report.reportData }
    const result = await appraise({ tee: 'snp', report: bin }, endorsements, { snp }, asked, new Date('2026-07-01T00:00:00Z'))
    expect(result).toMatchObject({ status: 'warning', hardware: true, reasons: [], waivers: ['crl-missing'] })
    const other = await appraise(
      { tee: 'snp', report: beside.bytes },
      endorsements,
      { snp },
      { reportData: beside.reportData },
      new Date('2026-07-01T00:00:00Z'),
    )
    expect(other).toMatchObject({ status: 'warning' })
  })

  it('what dstack collected holds the report and its VCEK', () => {
    const collected = Buffer.from(readVector('snp/dstack-snp/attestation.bin'))
    expect(new Uint8Array(collected.subarray(4, 4 + 1184))).toEqual(readVector('snp/dstack-snp/report.bin'))
    const [, vcek] = collected.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    const der = Buffer.from((vcek ?? '').replace(/-----[^-]+-----|\s/g, ''), 'base64')
    expect(new Uint8Array(der)).toEqual(readVector('snp/dstack-snp/cert1.der'))
  })
})
