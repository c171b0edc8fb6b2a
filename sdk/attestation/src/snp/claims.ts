import { toHex } from '@reinraum/crypto'
import { type GuestPolicy, parseGuestPolicy } from './guest-policy.ts'
import type { SigningKeyKind } from './report.ts'
import type { SnpProduct } from './roots.ts'
import type { SnpSubject } from './subject.ts'
import { parseTcbs, type ReportTcbs } from './tcb.ts'

/** What a report says, as JSON: bytes in hex. */
export interface SnpClaims {
  readonly tee: 'snp'
  readonly product: SnpProduct
  readonly version: number
  readonly signedBy: SigningKeyKind
  readonly measurement: string
  readonly reportData: string
  readonly hostData: string
  readonly idKeyDigest: string
  readonly authorKeyDigest: string
  readonly reportId: string
  readonly chipId: string
  readonly guestSvn: number
  readonly vmpl: number
  readonly policy: Omit<GuestPolicy, 'reserved' | 'mustBeOne'>
  /** 64 bits, hex */
  readonly platformInfo: string
  readonly tcb: ReportTcbs
}

export function claimsOf({ report, product, vekKind }: SnpSubject): SnpClaims | null {
  if (product === null || vekKind === null) return null
  const { reserved: _, mustBeOne: __, ...policy } = parseGuestPolicy(report.policy)
  return {
    tee: 'snp',
    product,
    version: report.version,
    signedBy: vekKind,
    measurement: toHex(report.measurement),
    reportData: toHex(report.reportData),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    chipId: toHex(report.chipId),
    guestSvn: report.guestSvn,
    vmpl: report.vmpl,
    policy,
    platformInfo: report.platformInfo.toString(16).padStart(16, '0'),
    tcb: parseTcbs(product, report),
  }
}
