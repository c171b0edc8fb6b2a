/**
 * The crypto-agile event log (TCG PC Client Platform Firmware Profile 1.06 §10.2), as the ACPI table CCEL points to it for
 * confidential guests: registers are numbered 1 to 4 for RTMR0 to 3, and 0 is MRTD (UEFI 2.11 §38.4.1).
 */
export const specIdSignature = 'Spec ID Event03\0'

/** bytes with the padding; real areas have 64 KiB to 1 MiB */
export const maximumLogLength = 1024 * 1024
/**
 * bytes without the padding, which costs next to nothing; real logs have at most 20 KiB, and all of it is hashed
 * up to three times
 */
export const maximumContentLength = 256 * 1024
/** Real logs have some dozens, with all that GRUB runs some hundreds; each event costs a few digests and a line of text. */
export const maximumEvents = 512
export const maximumAlgorithms = 8

/** TCG algorithm registry: lengths of digests. What is not here is not known, and its length cannot be checked. */
export const digestLengths: ReadonlyMap<number, number> = new Map([
  [0x0004, 20],
  [0x000b, 32],
  [0x000c, 48],
  [0x000d, 64],
  [0x0012, 32],
])
/** what RTMRs are extended with (Intel TDX Module ABI, TDG.MR.RTMR.EXTEND) */
export const sha384Algorithm = 0x000c
export const registerLength = 48
export const registerCount = 4

export const noActionType = 0x00000003
