/** Offsets and lengths of a TDX quote, little endian (Intel TDX DCAP Quote Generation Library API, appendix 3). */
export const headerLength = 48
export const headerOffsets = {
  /** u16: 4 or 5 */
  version: 0,
  /** u16: 2 is ECDSA P-256 */
  keyType: 2,
  /** u32: 0x81 is TDX */
  teeType: 4,
  qeVendorId: 12,
  userData: 28,
} as const

/** A version 5 quote says here which body follows, and how long it is: u16, u32. */
export const bodyDescriptorLength = 6
export const bodyTypes = { td10: 2, td15: 3 } as const
export const bodyLengths = { td10: 584, td15: 648 } as const

/** within the body */
export const bodyOffsets = {
  teeTcbSvn: 0,
  mrSeam: 16,
  mrSignerSeam: 64,
  seamAttributes: 112,
  tdAttributes: 120,
  xfam: 128,
  mrtd: 136,
  mrConfigId: 184,
  mrOwner: 232,
  mrOwnerConfig: 280,
  rtmr0: 328,
  rtmr1: 376,
  rtmr2: 424,
  rtmr3: 472,
  reportData: 520,
  /** TD 1.5 only */
  teeTcbSvn2: 584,
  mrServiceTd: 600,
} as const

/** SGX report body of the quoting enclave: 384 bytes. */
export const enclaveReportLength = 384
export const enclaveReportOffsets = {
  cpuSvn: 0,
  miscSelect: 16,
  attributes: 48,
  mrEnclave: 64,
  mrSigner: 128,
  isvProdId: 256,
  isvSvn: 258,
  reportData: 320,
} as const

/** certification data: PCK chain in PEM, and the QE's report with what certifies it */
export const certificationTypes = { pckChain: 5, qeReport: 6 } as const

/** P-256: each of R and S is 32 bytes, each coordinate too. */
export const signatureLength = 64
export const publicKeyLength = 64

/** Intel's quoting enclave */
export const intelQeVendorId = '939a7233f79c4ca9940a0db3957f0607'
export const ecdsaP256KeyType = 2
export const tdxTeeType = 0x81
