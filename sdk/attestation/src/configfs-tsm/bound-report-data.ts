import type { Evidence } from '../evidence.ts'
import { offsets, reportLength } from '../snp/layout.ts'
import { bodyDescriptorLength, bodyOffsets, headerLength, headerOffsets } from '../tdx/layout.ts'

const length = 64

/** Where evidence binds what its attester was given. @returns null for evidence that is of no known layout */
export function boundReportData(evidence: Evidence): Uint8Array | null {
  switch (evidence.tee) {
    case 'snp':
      return evidence.report.length === reportLength ? at(evidence.report, offsets.reportData) : null
    case 'tdx':
      return boundByQuote(evidence.quote)
  }
}

function boundByQuote(quote: Uint8Array): Uint8Array | null {
  if (quote.length < headerLength) return null
  const version = new DataView(quote.buffer, quote.byteOffset).getUint16(headerOffsets.version, true)
  switch (version) {
    case 4:
      return at(quote, headerLength + bodyOffsets.reportData)
    case 5:
      return at(quote, headerLength + bodyDescriptorLength + bodyOffsets.reportData)
    default:
      return null
  }
}

function at(bytes: Uint8Array, offset: number): Uint8Array | null {
  return bytes.length < offset + length ? null : bytes.subarray(offset, offset + length)
}
