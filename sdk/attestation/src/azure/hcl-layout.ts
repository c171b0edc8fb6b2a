/**
 * Offsets of the host compatibility layer's report, NV index 0x01400001, little endian (Microsoft, "Confidential VM guest
 * attestation design", attestation report format; openvmm, `igvm_attest/get.rs`).
 */
export const hclOffsets = {
  /** 'HCLA' */
  signature: 0,
  /** u32: 1 or 2 */
  version: 4,
  /** u32: all of it, this header included */
  reportSize: 8,
  /** u32: 2 asks for a certificate of the attestation key */
  requestType: 12,
  /** u32 */
  status: 16,
  /** 12 bytes */
  reserved: 20,
  /** 1184 bytes: an SNP report, or a TDREPORT of 1024 bytes and zeros */
  hardwareReport: 32,
  /** u32: from here to the end of the runtime data */
  dataSize: 1216,
  /** u32: 1 */
  dataVersion: 1220,
  /** u32: 2 SNP, 4 TDX */
  reportType: 1224,
  /** u32: 1 is SHA-256 */
  hashType: 1228,
  /** u32: length of the runtime data */
  runtimeDataLength: 1232,
  runtimeData: 1236,
} as const

export const hardwareReportLength = 1184
/** the five numbers that stand before the runtime data */
export const dataHeaderLength = 20
/** The index holds 2600 bytes today. */
export const maxHclReportLength = 4096

export const hclSignature = 'HCLA'
export const hclVersions: readonly number[] = [1, 2]
export const attestationKeyRequest = 2
export const hclReportTypes = { snp: 2, tdx: 4 } as const
export const hashTypeSha256 = 1

/** TDREPORT_STRUCT (Intel TDX Module ABI): where it holds what a quote's body holds, in the same order. */
export const tdReportLength = 1024
export const tdReportOffsets = {
  /** REPORTMACSTRUCT.REPORTDATA */
  reportData: 128,
  /** TEE_TCB_INFO without its VALID field: TEE_TCB_SVN, MRSEAM, MRSIGNERSEAM, ATTRIBUTES */
  teeTcbInfo: 264,
  /** TDINFO_STRUCT: ATTRIBUTES to RTMR3 */
  tdInfo: 512,
} as const
