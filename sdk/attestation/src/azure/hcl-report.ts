import { isZero } from '../is-zero.ts'
import {
  hclOffsets as at,
  attestationKeyRequest,
  dataHeaderLength,
  hardwareReportLength,
  hashTypeSha256,
  hclReportTypes,
  hclSignature,
  hclVersions,
  maxHclReportLength,
  tdReportLength,
} from './hcl-layout.ts'

/** What the paravisor keeps in the TPM for the guest. Only the runtime data is bound by hardware, and only by its digest. */
export interface HclReport {
  readonly tee: 'snp' | 'tdx'
  /** as it was kept at boot: 1184 bytes of SNP report, or 1024 of TDREPORT */
  readonly hardwareReport: Uint8Array
  /** JSON, as it was hashed */
  readonly runtimeData: Uint8Array
}

/** @returns null unless every byte is what the format says, those that no signature covers included */
export function parseHclReport(input: Uint8Array): HclReport | null {
  if (input.length < at.runtimeData || input.length > maxHclReportLength) return null
  const bytes = Uint8Array.from(input)
  const view = new DataView(bytes.buffer)
  const u32 = (offset: number) => view.getUint32(offset, true)
  const tee = u32(at.reportType) === hclReportTypes.snp ? 'snp' : u32(at.reportType) === hclReportTypes.tdx ? 'tdx' : null
  const length = u32(at.runtimeDataLength)
  const end = at.runtimeData + length
  const wellFormed =
    Buffer.from(bytes.buffer, at.signature, 4).toString('latin1') === hclSignature &&
    hclVersions.includes(u32(at.version)) &&
    u32(at.requestType) === attestationKeyRequest &&
    u32(at.status) === 0 &&
    isZero(bytes.subarray(at.reserved, at.hardwareReport)) &&
    u32(at.dataVersion) === 1 &&
    u32(at.hashType) === hashTypeSha256 &&
    end <= bytes.length &&
    u32(at.dataSize) === dataHeaderLength + length &&
    u32(at.reportSize) === end &&
    // The NV index is longer than what is in it.
    isZero(bytes.subarray(end))
  if (tee === null || !wellFormed) return null
  const area = bytes.subarray(at.hardwareReport, at.hardwareReport + hardwareReportLength)
  const kept = tee === 'snp' ? hardwareReportLength : tdReportLength
  if (!isZero(area.subarray(kept))) return null
  return { tee, hardwareReport: area.subarray(0, kept), runtimeData: bytes.subarray(at.runtimeData, end) }
}
