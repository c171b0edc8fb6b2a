import { offsets, reportLength, scalarLength, signedLength } from './layout.ts'

/** A report's fields as they stand in it; nothing is checked but the length. */
export interface SnpReport {
  readonly version: number
  readonly guestSvn: number
  readonly policy: bigint
  readonly vmpl: number
  readonly signatureAlgorithm: number
  readonly platformInfo: bigint
  readonly keyInfo: number
  readonly reportData: Uint8Array
  readonly measurement: Uint8Array
  readonly hostData: Uint8Array
  readonly idKeyDigest: Uint8Array
  readonly authorKeyDigest: Uint8Array
  readonly reportId: Uint8Array
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number }
  readonly chipId: Uint8Array
  /** 8 bytes each; how to read them depends on the product, see `parseTcb` */
  readonly currentTcb: Uint8Array
  readonly reportedTcb: Uint8Array
  readonly committedTcb: Uint8Array
  readonly launchTcb: Uint8Array
  readonly signed: Uint8Array
  /** R ‖ S, big endian, 96 bytes */
  readonly signature: Uint8Array
  readonly bytes: Uint8Array
}

/** @returns null where the length is not 1184 */
export function parseReport(input: Uint8Array): SnpReport | null {
  if (input.length !== reportLength) return null
  // A copy, whatever the input is: the `slice` of a Buffer is a view on the same memory.
  const bytes = new Uint8Array(input)
  const view = new DataView(bytes.buffer)
  const field = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const u32 = (offset: number) => view.getUint32(offset, true)
  return {
    version: u32(offsets.version),
    guestSvn: u32(offsets.guestSvn),
    policy: view.getBigUint64(offsets.policy, true),
    vmpl: u32(offsets.vmpl),
    signatureAlgorithm: u32(offsets.signatureAlgorithm),
    platformInfo: view.getBigUint64(offsets.platformInfo, true),
    keyInfo: u32(offsets.keyInfo),
    reportData: field(offsets.reportData, 64),
    measurement: field(offsets.measurement, 48),
    hostData: field(offsets.hostData, 32),
    idKeyDigest: field(offsets.idKeyDigest, 48),
    authorKeyDigest: field(offsets.authorKeyDigest, 48),
    reportId: field(offsets.reportId, 32),
    cpuid: {
      family: view.getUint8(offsets.cpuidFamily),
      model: view.getUint8(offsets.cpuidModel),
      stepping: view.getUint8(offsets.cpuidStepping),
    },
    chipId: field(offsets.chipId, 64),
    currentTcb: field(offsets.currentTcb, 8),
    reportedTcb: field(offsets.reportedTcb, 8),
    committedTcb: field(offsets.committedTcb, 8),
    launchTcb: field(offsets.launchTcb, 8),
    signed: field(0, signedLength),
    signature: signatureOf(bytes),
    bytes,
  }
}

/** The report holds both scalars little endian, ECDSA implementations want them big endian. */
function signatureOf(bytes: Uint8Array): Uint8Array {
  const r = bytes.slice(offsets.signatureR, offsets.signatureR + scalarLength).reverse()
  const s = bytes.slice(offsets.signatureS, offsets.signatureS + scalarLength).reverse()
  const signature = new Uint8Array(scalarLength * 2)
  signature.set(r)
  signature.set(s, scalarLength)
  return signature
}

export type SigningKeyKind = 'VCEK' | 'VLEK'

/** SIGNING_KEY, bits 4:2 of key_info: 0 VCEK, 1 VLEK, 7 none; the rest is reserved. */
export function signingKeyKind(report: SnpReport): SigningKeyKind | null {
  const kind = (report.keyInfo >> 2) & 7
  return kind === 0 ? 'VCEK' : kind === 1 ? 'VLEK' : null
}
