import { CertificateRevocationList } from 'pkijs'
import { isPssSha384, verifyPssSha384 } from './algorithm.ts'
import { type ParsedCertificate, serialOf, validTime } from './certificate.ts'
import { type Name, readName } from './name.ts'

const maxLength = 1024 * 1024

export interface ParsedRevocationList {
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** serials as `ParsedCertificate.serial` writes them */
  readonly revoked: ReadonlySet<string>
  readonly pssSha384: boolean
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** @returns null for anything that is not exactly one complete DER revocation list with an end */
export function parseRevocationList(der: Uint8Array): ParsedRevocationList | null {
  if (der.length > maxLength || !isOneSequence(der)) return null
  try {
    const list = CertificateRevocationList.fromBER(Uint8Array.from(der))
    // A list without an end would never be stale.
    if (list.nextUpdate === undefined) return null
    const entries = list.revokedCertificates ?? []
    const extensions = [list.crlExtensions, ...entries.map((entry) => entry.crlEntryExtensions)]
    // A critical extension narrows what the list says (deltas, other issuers); AMD uses none.
    if (extensions.some((e) => e?.extensions.some((extension) => extension.critical))) return null
    return {
      issuer: readName(list.issuer),
      thisUpdate: validTime(list.thisUpdate.value),
      nextUpdate: validTime(list.nextUpdate.value),
      revoked: new Set(entries.map((entry) => serialOf(entry.userCertificate.valueBlock.valueHexView))),
      pssSha384: isPssSha384(list.signature) && isPssSha384(list.signatureAlgorithm),
      signed: Uint8Array.from(list.tbsView),
      signature: Uint8Array.from(list.signatureValue.valueBlock.valueHexView),
    }
  } catch {
    return null
  }
}

export function isListSignedBy(list: ParsedRevocationList, issuer: ParsedCertificate): boolean {
  return list.pssSha384 && verifyPssSha384(issuer.publicKey, list.signed, list.signature)
}

/** DER, one SEQUENCE with a definite length, nothing after it. */
function isOneSequence(der: Uint8Array): boolean {
  if (der[0] !== 0x30) return false
  const first = der[1] ?? 0x80
  if (first < 0x80) return der.length === 2 + first
  const count = first & 0x7f
  if (count === 0 || count > 4) return false
  const length = der.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  return der.length === 2 + count + length
}
