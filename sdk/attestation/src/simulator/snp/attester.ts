import { fromBase64url, fromHex, randomBytes } from '@reinraum/crypto'
import type { Attester, Endorsements } from '../../evidence.ts'
import { encodeTcb } from '../../snp/tcb.ts'
import { type CertificateContent, encodeCertificate, encodeRevocationList, type RevocationListContent } from '../certificates.ts'
import { type SimulatedPlatform, templatesOf } from './platform.ts'
import { encodeReport, type SimulatedReportFields, signReport } from './report.ts'

/** CPUID family, model and stepping of each product's first server part */
const cpuids = {
  Milan: { family: 0x19, model: 0x01, stepping: 0x01 },
  Genoa: { family: 0x19, model: 0x11, stepping: 0x01 },
  Turin: { family: 0x1a, model: 0x02, stepping: 0x01 },
} as const

/** Each makes one kind of faulty evidence; report and certificates are signed again after the change. */
export interface SimulatedOverrides {
  readonly report?: Partial<SimulatedReportFields>
  /** the raw report, before it is signed */
  readonly beforeSigning?: (report: Uint8Array) => void
  /** the raw report, after it was signed */
  readonly afterSigning?: (report: Uint8Array) => void
  readonly ark?: (content: CertificateContent) => CertificateContent
  readonly ca?: (content: CertificateContent) => CertificateContent
  readonly vek?: (content: CertificateContent) => CertificateContent
  readonly crl?: (content: RevocationListContent) => RevocationListContent
  readonly endorsements?: (endorsements: Endorsements) => Endorsements
}

/**
 * An attester on a simulated platform. Its reports have the real format and a real signature; they prove nothing about
 * any hardware, and every appraisal of them says `hardware: false`.
 *
 * @param measurement SHA-384 in hex of what is said to run, see `measureFiles`
 */
export function simulatedAttester(
  platform: SimulatedPlatform,
  options: { readonly measurement: string; readonly overrides?: SimulatedOverrides },
): Attester {
  const { measurement, overrides = {} } = options
  const { keys, templates } = templatesOf(platform)
  const fields = fieldsOf(platform, measurement)
  const certificate = (kept: string, content: CertificateContent, change: SimulatedOverrides['ark']) =>
    change === undefined ? fromBase64url(kept) : encodeCertificate(change(content))
  const endorsements: Endorsements = {
    certificates: [
      certificate(platform.certificates.vcek, templates.vek, overrides.vek),
      certificate(platform.certificates.ask, templates.ca, overrides.ca),
      certificate(platform.certificates.ark, templates.ark, overrides.ark),
    ],
    crls: [overrides.crl === undefined ? fromBase64url(platform.crl) : encodeRevocationList(overrides.crl(templates.crl))],
  }
  return {
    async getEvidence(reportData) {
      const report = encodeReport({ ...fields, reportData, reportId: randomBytes(32), ...overrides.report })
      overrides.beforeSigning?.(report)
      signReport(report, keys.vcek)
      overrides.afterSigning?.(report)
      return { evidence: { tee: 'snp', report }, endorsements: overrides.endorsements?.(endorsements) ?? endorsements }
    },
  }
}

function fieldsOf(platform: SimulatedPlatform, measurement: string): Omit<SimulatedReportFields, 'reportData' | 'reportId'> {
  const tcb = encodeTcb(platform.product, platform.tcb)
  return {
    version: 5,
    guestSvn: 0,
    // SMT allowed, and bit 17, which must be one
    policy: 0x3_0000n,
    vmpl: 0,
    signatureAlgorithm: 1,
    // SMT, ECC, alias check complete
    platformInfo: 0x25n,
    keyInfo: 0,
    measurement: fromHex(measurement),
    hostData: new Uint8Array(32),
    idKeyDigest: new Uint8Array(48),
    cpuid: cpuids[platform.product],
    chipId: fromHex(platform.chipId),
    currentTcb: tcb,
    reportedTcb: tcb,
    committedTcb: tcb,
    launchTcb: tcb,
  }
}
