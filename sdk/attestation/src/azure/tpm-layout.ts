/** Constants of a quote, big endian (TCG TPM 2.0 Library, part 2: Structures). */

/** §6.2 TPM_GENERATED_VALUE: a restricted key signs nothing from outside that starts with it, so the TPM itself said this */
export const tpmGenerated = 0xff544347
/** §6.9 TPM_ST_ATTEST_QUOTE */
export const attestQuote = 0x8018
/** §6.3 TPM_ALG_SHA256 */
export const algorithmSha256 = 0x000b
export const sha256Length = 32

/** TCG PC Client Platform: registers of a bank, one bit each */
export const pcrCount = 24
export const selectionLength = pcrCount / 8

/** §10.11.1 TPMS_CLOCK_INFO: clock u64, resetCount u32, restartCount u32, safe u8 */
export const clockInfoLength = 17
export const firmwareVersionLength = 8

/**
 * §10.4.3 TPM2B_DATA is bounded by TPMT_HA: an algorithm's number and the largest digest that this TPM makes. Azure's makes
 * SHA-384 (the reference implementation leaves SHA-512 out), so that 64 bytes are refused with TPM_RC_SIZE.
 */
export const maxQualifyingDataLength = 2 + 48

/** RSASSA PKCS #1 v1.5 under the attestation key, RSA-2048 */
export const signatureLength = 256
