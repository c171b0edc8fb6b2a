import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { concatBytes } from '@reinraum/crypto'
import {
  bodyLengths,
  bodyOffsets,
  bodyTypes,
  certificationTypes,
  enclaveReportLength,
  enclaveReportOffsets,
  headerLength,
  headerOffsets,
} from '../../tdx/layout.ts'
import { u16, u32 } from '../little-endian.ts'

export interface QuoteHeaderFields {
  readonly version: number
  readonly keyType: number
  readonly teeType: number
  /** 16 bytes */
  readonly qeVendorId: Uint8Array
  /** 20 bytes */
  readonly userData: Uint8Array
}

/** Bytes as they stand in the body; 64-bit numbers where the TDX module has bit fields. */
export interface TdBodyFields {
  readonly teeTcbSvn: Uint8Array
  readonly mrSeam: Uint8Array
  readonly mrSignerSeam: Uint8Array
  readonly seamAttributes: bigint
  readonly tdAttributes: bigint
  readonly xfam: bigint
  readonly mrtd: Uint8Array
  readonly mrConfigId: Uint8Array
  readonly mrOwner: Uint8Array
  readonly mrOwnerConfig: Uint8Array
  readonly rtmr0: Uint8Array
  readonly rtmr1: Uint8Array
  readonly rtmr2: Uint8Array
  readonly rtmr3: Uint8Array
  readonly reportData: Uint8Array
  /** TD 1.5 only, and the next one too */
  readonly teeTcbSvn2: Uint8Array
  readonly mrServiceTd: Uint8Array
}

/** The report of the quoting enclave. */
export interface EnclaveReportFields {
  readonly cpuSvn: Uint8Array
  readonly miscSelect: number
  readonly attributes: Uint8Array
  readonly mrEnclave: Uint8Array
  readonly mrSigner: Uint8Array
  readonly isvProdId: number
  readonly isvSvn: number
  readonly reportData: Uint8Array
}

/** Header and body: what the attestation key signs. */
export function encodeSignedPart(
  header: QuoteHeaderFields,
  body: TdBodyFields,
  kind: keyof typeof bodyLengths,
  descriptor: { readonly type?: number; readonly size?: number } = {},
): Uint8Array {
  const head = new Uint8Array(headerLength)
  const view = new DataView(head.buffer)
  view.setUint16(headerOffsets.version, header.version, true)
  view.setUint16(headerOffsets.keyType, header.keyType, true)
  view.setUint32(headerOffsets.teeType, header.teeType, true)
  head.set(header.qeVendorId, headerOffsets.qeVendorId)
  head.set(header.userData, headerOffsets.userData)
  const encoded = encodeBody(body, kind)
  // Version 4 knows one body, and says nothing about it.
  if (header.version < 5) return concatBytes(head, encoded)
  return concatBytes(head, u16(descriptor.type ?? bodyTypes[kind]), u32(descriptor.size ?? encoded.length), encoded)
}

function encodeBody(fields: TdBodyFields, kind: keyof typeof bodyLengths): Uint8Array {
  const bytes = new Uint8Array(bodyLengths[kind])
  const view = new DataView(bytes.buffer)
  for (const [name, at] of Object.entries(bodyOffsets) as [keyof typeof bodyOffsets, number][]) {
    if (at >= bytes.length) continue
    const value = fields[name]
    if (typeof value === 'bigint') view.setBigUint64(at, value, true)
    else bytes.set(value, at)
  }
  return bytes
}

export function encodeEnclaveReport(fields: EnclaveReportFields): Uint8Array {
  const bytes = new Uint8Array(enclaveReportLength)
  const view = new DataView(bytes.buffer)
  for (const name of ['cpuSvn', 'attributes', 'mrEnclave', 'mrSigner', 'reportData'] as const) {
    bytes.set(fields[name], enclaveReportOffsets[name])
  }
  view.setUint32(enclaveReportOffsets.miscSelect, fields.miscSelect, true)
  view.setUint16(enclaveReportOffsets.isvProdId, fields.isvProdId, true)
  view.setUint16(enclaveReportOffsets.isvSvn, fields.isvSvn, true)
  return bytes
}

/** The whole quote: the signed part, its signature, and what certifies the attestation key. */
export function encodeQuote(parts: {
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  /** X and Y */
  readonly attestationKey: Uint8Array
  readonly enclaveReport: Uint8Array
  readonly enclaveReportSignature: Uint8Array
  readonly authData: Uint8Array
  /** PEM */
  readonly certificates: Uint8Array
}): Uint8Array {
  const { authData, certificates } = parts
  const certification = concatBytes(
    parts.enclaveReport,
    parts.enclaveReportSignature,
    u16(authData.length),
    authData,
    u16(certificationTypes.pckChain),
    u32(certificates.length),
    certificates,
  )
  const signatureData = concatBytes(
    parts.signature,
    parts.attestationKey,
    u16(certificationTypes.qeReport),
    u32(certification.length),
    certification,
  )
  return concatBytes(parts.signed, u32(signatureData.length), signatureData)
}

/** R and S, 32 bytes each, big endian */
export function signRaw(bytes: Uint8Array, key: KeyObject): Uint8Array {
  return new Uint8Array(sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }))
}

/** X and Y of a P-256 key, which end its SubjectPublicKeyInfo */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-64))
}
