import { toHex } from '@reinraum/crypto'
import { isZero } from '../is-zero.ts'
import { parseGuestPolicy } from '../snp/guest-policy.ts'
import { keyInfoReserved, offsets, reservedRanges } from '../snp/layout.ts'
import { productOfCpuid } from '../snp/product.ts'
import { type SigningKeyKind, type SnpReport, signingKeyKind } from '../snp/report.ts'
import type { SnpProduct } from '../snp/roots.ts'
import { parseTcb, type Tcb } from '../snp/tcb.ts'

/** 8 bytes in hex, and what they mean on this product; null where CPUID names none, because each has a layout of its own */
export interface TcbDescription {
  readonly raw: string
  readonly parts: Tcb | null
}

/** Every field of a report, as JSON: bytes in hex, 64-bit fields as hex numbers. Nothing of it is verified. */
export interface SnpDescription {
  readonly version: number
  readonly guestSvn: number
  readonly policy: {
    readonly raw: string
    readonly abi: string
    readonly smt: boolean
    readonly mustBeOne: boolean
    readonly migration: boolean
    readonly debug: boolean
    readonly singleSocket: boolean
    readonly cxl: boolean
    readonly aes256Xts: boolean
    readonly raplOff: boolean
    readonly ciphertextHiding: boolean
    readonly pageSwapOff: boolean
    /** bits 63:26, hex */
    readonly reserved: string
  }
  readonly familyId: string
  readonly imageId: string
  readonly vmpl: number
  readonly signatureAlgorithm: number
  readonly platformInfo: {
    readonly raw: string
    readonly smt: boolean
    readonly transparentMemoryEncryption: boolean
    readonly errorCorrection: boolean
    readonly raplOff: boolean
    readonly ciphertextHiding: boolean
    readonly aliasCheck: boolean
    readonly trustedIo: boolean
  }
  readonly keyInfo: {
    readonly raw: string
    readonly authorKey: boolean
    readonly maskedChipKey: boolean
    /** null where the report names no key that signs */
    readonly signingKey: SigningKeyKind | null
    readonly reserved: boolean
  }
  readonly reportData: string
  readonly measurement: string
  readonly hostData: string
  readonly idKeyDigest: string
  readonly authorKeyDigest: string
  readonly reportId: string
  /** of the migration agent; all ones where there is none */
  readonly migrationAgentReportId: string
  /** null before version 3, which has none */
  readonly cpuid: SnpReport['cpuid'] | null
  readonly product: SnpProduct | null
  readonly chipId: string
  readonly tcb: Readonly<Record<'reported' | 'committed' | 'current' | 'launch', TcbDescription>>
  /** major.minor.build of the firmware */
  readonly firmware: { readonly current: string; readonly committed: string }
  /** null before version 5 */
  readonly mitigations: { readonly launch: string; readonly current: string } | null
  readonly signature: { readonly r: string; readonly s: string }
  /** offsets of ranges that should be zero and are not, hex */
  readonly dirtyRanges: readonly string[]
}

/** Fields as they stand in the report; `product` and `tcb` as its CPUID has them be read. */
export function describeSnp(report: SnpReport): SnpDescription {
  const { version, bytes } = report
  const field = (offset: number, length: number) => toHex(bytes.subarray(offset, offset + length))
  const product = version >= 3 ? productOfCpuid(report.cpuid.family, report.cpuid.model) : null
  const tcb = (raw: Uint8Array): TcbDescription => ({ raw: toHex(raw), parts: product === null ? null : parseTcb(product, raw) })
  return {
    version,
    guestSvn: report.guestSvn,
    policy: describePolicy(report.policy),
    familyId: field(offsets.familyId, 16),
    imageId: field(offsets.imageId, 16),
    vmpl: report.vmpl,
    signatureAlgorithm: report.signatureAlgorithm,
    platformInfo: describePlatform(report.platformInfo),
    keyInfo: describeKeyInfo(report),
    reportData: toHex(report.reportData),
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    reportId: toHex(report.reportId),
    migrationAgentReportId: field(offsets.reportIdMa, 32),
    cpuid: version >= 3 ? report.cpuid : null,
    product,
    chipId: toHex(report.chipId),
    tcb: {
      reported: tcb(report.reportedTcb),
      committed: tcb(report.committedTcb),
      current: tcb(report.currentTcb),
      launch: tcb(report.launchTcb),
    },
    firmware: {
      current: firmwareAt(bytes, offsets.currentVersion),
      committed: firmwareAt(bytes, offsets.committedVersion),
    },
    mitigations: version >= 5 ? mitigationsOf(bytes) : null,
    signature: { r: toHex(report.signature.subarray(0, 48)), s: toHex(report.signature.subarray(48)) },
    dirtyRanges: reservedRanges(version)
      .filter(([from, to]) => !isZero(bytes.subarray(from, to)))
      .map(([from, to]) => `0x${from.toString(16)}–0x${to.toString(16)}`),
  }
}

/** AMD 56860, GUEST_POLICY */
function describePolicy(policy: bigint): SnpDescription['policy'] {
  const { abiMajor, abiMinor, reserved, smt, mustBeOne, migration, debug, singleSocket } = parseGuestPolicy(policy)
  return {
    raw: hex64(policy),
    abi: `${abiMajor}.${abiMinor}`,
    smt,
    mustBeOne,
    migration,
    debug,
    singleSocket,
    cxl: hasBit(policy, 21n),
    aes256Xts: hasBit(policy, 22n),
    raplOff: hasBit(policy, 23n),
    ciphertextHiding: hasBit(policy, 24n),
    pageSwapOff: hasBit(policy, 25n),
    reserved: hex64(reserved),
  }
}

/** AMD 56860, PLATFORM_INFO */
function describePlatform(info: bigint): SnpDescription['platformInfo'] {
  return {
    raw: hex64(info),
    smt: hasBit(info, 0n),
    transparentMemoryEncryption: hasBit(info, 1n),
    errorCorrection: hasBit(info, 2n),
    raplOff: hasBit(info, 3n),
    ciphertextHiding: hasBit(info, 4n),
    aliasCheck: hasBit(info, 5n),
    trustedIo: hasBit(info, 7n),
  }
}

function describeKeyInfo(report: SnpReport): SnpDescription['keyInfo'] {
  const { keyInfo } = report
  return {
    raw: keyInfo.toString(16).padStart(8, '0'),
    authorKey: (keyInfo & 1) !== 0,
    maskedChipKey: (keyInfo & 2) !== 0,
    signingKey: signingKeyKind(report),
    reserved: (keyInfo & keyInfoReserved) !== 0,
  }
}

/** build, minor, major: one byte each */
function firmwareAt(bytes: Uint8Array, offset: number): string {
  const [build = 0, minor = 0, major = 0] = bytes.subarray(offset, offset + 3)
  return `${major}.${minor}.${build}`
}

function mitigationsOf(bytes: Uint8Array): { readonly launch: string; readonly current: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    launch: hex64(view.getBigUint64(offsets.launchMitigations, true)),
    current: hex64(view.getBigUint64(offsets.currentMitigations, true)),
  }
}

function hasBit(value: bigint, bit: bigint): boolean {
  return ((value >> bit) & 1n) === 1n
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(16, '0')
}
