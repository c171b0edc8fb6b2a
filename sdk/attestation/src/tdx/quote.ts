import { toHex } from '@reinraum/crypto'
import {
  bodyDescriptorLength,
  bodyLengths,
  bodyOffsets,
  bodyTypes,
  certificationTypes,
  ecdsaP256KeyType,
  enclaveReportLength,
  enclaveReportOffsets,
  headerLength,
  headerOffsets,
  publicKeyLength,
  signatureLength,
  tdxTeeType,
} from './layout.ts'

/** bytes; a quote of today is 5000, most of it its certificates */
export const maxQuoteLength = 64 * 1024

/** What says how the rest is laid out. */
export interface QuoteHeader {
  readonly version: number
  readonly keyType: number
  readonly teeType: number
  /** hex */
  readonly qeVendorId: string
  /** what a version 5 quote says of its body; null in any other version */
  readonly bodyType: number | null
}

/** The report of the quoting enclave, as the PCK certifies it. */
export interface EnclaveReport {
  readonly miscSelect: Uint8Array
  readonly attributes: Uint8Array
  readonly mrSigner: Uint8Array
  readonly isvProdId: number
  readonly isvSvn: number
  readonly reportData: Uint8Array
  readonly bytes: Uint8Array
}

/** A TD's own report, the fields as they stand in the quote. */
export interface TdReport {
  readonly kind: '1.0' | '1.5'
  readonly teeTcbSvn: Uint8Array
  readonly mrSeam: Uint8Array
  readonly mrSignerSeam: Uint8Array
  readonly seamAttributes: Uint8Array
  readonly tdAttributes: Uint8Array
  readonly xfam: Uint8Array
  readonly mrtd: Uint8Array
  readonly mrConfigId: Uint8Array
  readonly mrOwner: Uint8Array
  readonly mrOwnerConfig: Uint8Array
  readonly rtmr: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  readonly reportData: Uint8Array
  /** TD 1.5 only */
  readonly teeTcbSvn2: Uint8Array | null
  readonly mrServiceTd: Uint8Array | null
}

export interface TdxQuote {
  readonly version: 4 | 5
  readonly body: TdReport
  /** header and body */
  readonly signed: Uint8Array
  /** r ‖ s */
  readonly signature: Uint8Array
  /** x ‖ y */
  readonly attestationKey: Uint8Array
  readonly qeReport: EnclaveReport
  readonly qeReportSignature: Uint8Array
  readonly qeAuthData: Uint8Array
  /** PEM */
  readonly pckChain: Uint8Array
  /** whatever follows the signature data */
  readonly trailing: Uint8Array
}

export type ParsedQuote =
  | { readonly malformed: string }
  /** `quote` is null where the header names a layout that is not read here */
  | { readonly malformed: null; readonly header: QuoteHeader; readonly quote: TdxQuote | null }

/** Takes a quote apart. Every declared length must be exactly what is there; what the fields mean is checked elsewhere. */
export function parseQuote(input: Uint8Array): ParsedQuote {
  if (!(input.length <= maxQuoteLength)) return { malformed: `${input.length} bytes, more than ${maxQuoteLength}` }
  // A copy, whatever the input is: the `slice` of a Buffer is a view on the same memory.
  const bytes = new Uint8Array(input)
  try {
    const header = readHeader(bytes)
    const known = layoutOf(header)
    return { malformed: null, header, quote: known === null ? null : readQuote(bytes, known) }
  } catch (error) {
    if (error instanceof RangeError) return { malformed: error.message }
    throw error
  }
}

type Layout = { readonly version: 4 | 5; readonly kind: TdReport['kind'] }

function layoutOf({ version, keyType, teeType, bodyType }: QuoteHeader): Layout | null {
  if (keyType !== ecdsaP256KeyType || teeType !== tdxTeeType) return null
  if (version === 4) return { version, kind: '1.0' }
  if (version !== 5) return null
  if (bodyType === bodyTypes.td10) return { version, kind: '1.0' }
  return bodyType === bodyTypes.td15 ? { version, kind: '1.5' } : null
}

function readHeader(bytes: Uint8Array): QuoteHeader {
  const header = reader(bytes, 'the header')
  const field = header.take(headerLength)
  const view = new DataView(field.buffer, field.byteOffset, field.length)
  const version = view.getUint16(headerOffsets.version, true)
  return {
    version,
    keyType: view.getUint16(headerOffsets.keyType, true),
    teeType: view.getUint32(headerOffsets.teeType, true),
    qeVendorId: toHex(field.subarray(headerOffsets.qeVendorId, headerOffsets.userData)),
    bodyType: version === 5 ? header.u16() : null,
  }
}

function readQuote(bytes: Uint8Array, { version, kind }: Layout): TdxQuote {
  const quote = reader(bytes, 'the quote')
  const bodyLength = bodyLengths[kind === '1.0' ? 'td10' : 'td15']
  const descriptor = quote.take(headerLength + (version === 5 ? bodyDescriptorLength : 0))
  if (version === 5) {
    const declared = new DataView(descriptor.buffer, descriptor.byteOffset + headerLength + 2).getUint32(0, true)
    if (declared !== bodyLength) throw new RangeError(`a body of ${declared} bytes, not ${bodyLength}`)
  }
  const body = readBody(quote.take(bodyLength), kind)
  const signed = bytes.subarray(0, descriptor.length + bodyLength)
  const signature = reader(quote.take(quote.u32()), 'the signature data')
  const trailing = quote.rest()
  return { version, body, signed, trailing, ...readSignature(signature) }
}

function readSignature(data: Reader) {
  const [signature, attestationKey] = [data.take(signatureLength), data.take(publicKeyLength)]
  if (data.u16() !== certificationTypes.qeReport) throw new RangeError('the quoting enclave is not certified by its report')
  const certification = reader(data.take(data.u32()), 'the certification data')
  data.end()
  const qeReport = readEnclaveReport(certification.take(enclaveReportLength))
  const qeReportSignature = certification.take(signatureLength)
  const qeAuthData = certification.take(certification.u16())
  if (certification.u16() !== certificationTypes.pckChain) throw new RangeError('there is no certificate chain of the platform')
  const pckChain = certification.take(certification.u32())
  certification.end()
  return { signature, attestationKey, qeReport, qeReportSignature, qeAuthData, pckChain }
}

function readBody(bytes: Uint8Array, kind: TdReport['kind']): TdReport {
  const field = (name: keyof typeof bodyOffsets, length = 48) => bytes.subarray(bodyOffsets[name], bodyOffsets[name] + length)
  return {
    kind,
    teeTcbSvn: field('teeTcbSvn', 16),
    mrSeam: field('mrSeam'),
    mrSignerSeam: field('mrSignerSeam'),
    seamAttributes: field('seamAttributes', 8),
    tdAttributes: field('tdAttributes', 8),
    xfam: field('xfam', 8),
    mrtd: field('mrtd'),
    mrConfigId: field('mrConfigId'),
    mrOwner: field('mrOwner'),
    mrOwnerConfig: field('mrOwnerConfig'),
    rtmr: [field('rtmr0'), field('rtmr1'), field('rtmr2'), field('rtmr3')],
    reportData: field('reportData', 64),
    teeTcbSvn2: kind === '1.5' ? field('teeTcbSvn2', 16) : null,
    mrServiceTd: kind === '1.5' ? field('mrServiceTd') : null,
  }
}

function readEnclaveReport(bytes: Uint8Array): EnclaveReport {
  const offsets = enclaveReportOffsets
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    miscSelect: bytes.subarray(offsets.miscSelect, offsets.miscSelect + 4),
    attributes: bytes.subarray(offsets.attributes, offsets.attributes + 16),
    mrSigner: bytes.subarray(offsets.mrSigner, offsets.mrSigner + 32),
    isvProdId: view.getUint16(offsets.isvProdId, true),
    isvSvn: view.getUint16(offsets.isvSvn, true),
    reportData: bytes.subarray(offsets.reportData, offsets.reportData + 64),
    bytes,
  }
}

interface Reader {
  /** @throws RangeError where fewer bytes are left */
  take(length: number): Uint8Array
  u16(): number
  u32(): number
  rest(): Uint8Array
  /** @throws RangeError where bytes are left */
  end(): void
}

function reader(bytes: Uint8Array, what: string): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const take = (length: number) => {
    if (length > bytes.length - at) throw new RangeError(`${what} ends too early`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (length: 2 | 4) => {
    const from = at
    take(length)
    return length === 2 ? view.getUint16(from, true) : view.getUint32(from, true)
  }
  return {
    take,
    u16: () => number(2),
    u32: () => number(4),
    rest: () => take(bytes.length - at),
    end: () => {
      if (at !== bytes.length) throw new RangeError(`${what} is longer than what it holds`)
    },
  }
}
