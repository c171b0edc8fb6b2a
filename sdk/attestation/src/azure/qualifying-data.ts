import { sha384 } from '@reinraum/crypto'
import { maxQualifyingDataLength } from './tpm-layout.ts'

/**
 * What the TPM is asked to quote for some report data: the data itself where it fits into the 50 bytes that this TPM takes,
 * else its SHA-384, 48 bytes. For one length there is one form only, so no quote can be read as made for something else.
 */
export function qualifyingDataOf(reportData: Uint8Array): Uint8Array {
  return reportData.length <= maxQualifyingDataLength ? reportData : sha384(reportData)
}
