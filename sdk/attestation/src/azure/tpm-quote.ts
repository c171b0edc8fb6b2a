import { constants, type KeyObject, verify } from 'node:crypto'
import { concatBytes, constantTimeEqual, sha256 } from '@reinraum/crypto'
import { isZero } from '../is-zero.ts'
import {
  algorithmSha256,
  attestQuote,
  clockInfoLength,
  firmwareVersionLength,
  maxQualifyingDataLength,
  pcrCount,
  selectionLength,
  sha256Length,
  signatureLength,
  tpmGenerated,
} from './tpm-layout.ts'

/** TPMS_ATTEST of the kind TPM_ST_ATTEST_QUOTE: what the TPM says about the guest, to whoever asked with `extraData`. */
export interface TpmQuote {
  /** what the signature has to be over: the bytes that everything here was read from */
  readonly signed: Uint8Array
  /** qualifying data, 0 to 50 bytes */
  readonly extraData: Uint8Array
  /** registers of the SHA-256 bank that the digest is over, ascending */
  readonly selected: readonly number[]
  readonly pcrDigest: Uint8Array
}

/** algorithm's number and digest */
const nameLength = 2 + sha256Length
/** magic, type, qualified signer's length and bytes, length of the extra data */
const beforeExtraData = 4 + 2 + 2 + nameLength + 2
/** clock, firmware, number of selections, selection, digest's length and bytes */
const afterExtraData = clockInfoLength + firmwareVersionLength + 4 + 2 + 1 + selectionLength + 2 + sha256Length

/** @returns null unless the message is one quote over one selection of the SHA-256 bank, to the last byte */
export function parseTpmQuote(input: Uint8Array): TpmQuote | null {
  const extraLength = input.length - beforeExtraData - afterExtraData
  if (extraLength < 0 || extraLength > maxQualifyingDataLength) return null
  const bytes = Uint8Array.from(input)
  const view = new DataView(bytes.buffer)
  const clock = beforeExtraData + extraLength
  const selections = clock + clockInfoLength + firmwareVersionLength
  const selection = selections + 4 + 2 + 1
  const digest = selection + selectionLength + 2
  const wellFormed =
    view.getUint32(0) === tpmGenerated &&
    view.getUint16(4) === attestQuote &&
    view.getUint16(6) === nameLength &&
    view.getUint16(8) === algorithmSha256 &&
    view.getUint16(beforeExtraData - 2) === extraLength &&
    // TPMI_YES_NO `safe`, the last byte of the clock
    view.getUint8(clock + clockInfoLength - 1) <= 1 &&
    view.getUint32(selections) === 1 &&
    view.getUint16(selections + 4) === algorithmSha256 &&
    view.getUint8(selection - 1) === selectionLength &&
    view.getUint16(digest - 2) === sha256Length
  if (!wellFormed) return null
  const registers = Array.from({ length: pcrCount }, (_, index) => index)
  return {
    signed: bytes,
    extraData: bytes.subarray(beforeExtraData, clock),
    // §10.6.1 TPMS_PCR_SELECT: register n is bit n mod 8 of byte n div 8
    selected: registers.filter((index) => (view.getUint8(selection + (index >> 3)) >> (index & 7)) & 1),
    pcrDigest: bytes.subarray(digest),
  }
}

export function isSignedBy(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== signatureLength) return false
  return verify('sha256', message, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
}

/**
 * Whether these are the registers that the quote is over. Those that it leaves out must be zero: nobody signed them, so
 * whatever stood there would be the host's words.
 */
export function areQuotedPcrs({ selected, pcrDigest }: TpmQuote, pcrs: readonly Uint8Array[]): boolean {
  if (pcrs.length !== pcrCount || pcrs.some((value) => value.length !== sha256Length)) return false
  if (pcrs.some((value, index) => !selected.includes(index) && !isZero(value))) return false
  return constantTimeEqual(sha256(concatBytes(...selected.map((index) => pcrs[index] ?? new Uint8Array(0)))), pcrDigest)
}
