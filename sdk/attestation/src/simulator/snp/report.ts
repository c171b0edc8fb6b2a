import { type KeyObject, sign } from 'node:crypto'
import { offsets, reportLength, scalarLength, signedLength } from '../../snp/layout.ts'

/** The fields of a report that a simulated processor fills in. */
export interface SimulatedReportFields {
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
  readonly reportId: Uint8Array
  readonly cpuid: { readonly family: number; readonly model: number; readonly stepping: number }
  readonly chipId: Uint8Array
  /** 8 bytes each, in the product's layout */
  readonly currentTcb: Uint8Array
  readonly reportedTcb: Uint8Array
  readonly committedTcb: Uint8Array
  readonly launchTcb: Uint8Array
}

/** 1184 bytes, not signed yet. */
export function encodeReport(fields: SimulatedReportFields): Uint8Array {
  const bytes = new Uint8Array(reportLength)
  const view = new DataView(bytes.buffer)
  view.setUint32(offsets.version, fields.version, true)
  view.setUint32(offsets.guestSvn, fields.guestSvn, true)
  view.setBigUint64(offsets.policy, fields.policy, true)
  view.setUint32(offsets.vmpl, fields.vmpl, true)
  view.setUint32(offsets.signatureAlgorithm, fields.signatureAlgorithm, true)
  view.setBigUint64(offsets.platformInfo, fields.platformInfo, true)
  view.setUint32(offsets.keyInfo, fields.keyInfo, true)
  for (const name of ['reportData', 'measurement', 'hostData', 'idKeyDigest', 'reportId', 'chipId'] as const) {
    bytes.set(fields[name], offsets[name])
  }
  for (const name of ['currentTcb', 'reportedTcb', 'committedTcb', 'launchTcb'] as const) bytes.set(fields[name], offsets[name])
  // No migration agent: its id is all ones.
  bytes.fill(0xff, offsets.reportIdMa, offsets.reportIdMa + 32)
  if (fields.version >= 3) {
    bytes.set([fields.cpuid.family, fields.cpuid.model, fields.cpuid.stepping], offsets.cpuidFamily)
  }
  return bytes
}

/** Writes R and S, little endian, into the report. */
export function signReport(bytes: Uint8Array, key: KeyObject): void {
  const signature = sign('sha384', bytes.subarray(0, signedLength), { key, dsaEncoding: 'ieee-p1363' })
  bytes.set(Uint8Array.from(signature.subarray(0, scalarLength)).reverse(), offsets.signatureR)
  bytes.set(Uint8Array.from(signature.subarray(scalarLength)).reverse(), offsets.signatureS)
}
