import { toHex } from '@reinraum/crypto'
import { fromBER, Integer } from 'asn1js'
import { CertificateRevocationList, type Extensions } from 'pkijs'
import { serialOf, validTime } from './certificate.ts'
import { type Name, readName } from './name.ts'
import { readSignedObject, type SignedObject } from './signed-object.ts'

const maxLength = 1024 * 1024
const crlNumber = '2.5.29.20'

export interface ParsedRevocationList extends SignedObject {
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** CRL number (RFC 5280 §5.2.3), at most 20 octets; null where there is none */
  readonly number: bigint | null
  /** serials as `ParsedCertificate.serial` writes them */
  readonly revoked: ReadonlySet<string>
}

/** @returns null for anything that is not exactly one complete DER revocation list with an end */
export function parseRevocationList(input: Uint8Array): ParsedRevocationList | null {
  if (input.length > maxLength || input[0] !== 0x30) return null
  try {
    const der = Uint8Array.from(input)
    // version 2, algorithm
    const object = readSignedObject(der, 1)
    if (object === null) return null
    const list = CertificateRevocationList.fromBER(der)
    // A list without an end would never be stale.
    if (list.nextUpdate === undefined) return null
    const entries = list.revokedCertificates ?? []
    const extensions = [list.crlExtensions, ...entries.map((entry) => entry.crlEntryExtensions)]
    // A critical extension narrows what the list says (deltas, other issuers); AMD uses none.
    if (extensions.some((e) => e?.extensions.some((extension) => extension.critical))) return null
    return {
      ...object,
      issuer: readName(list.issuer),
      thisUpdate: validTime(list.thisUpdate.value),
      nextUpdate: validTime(list.nextUpdate.value),
      number: numberOf(list.crlExtensions),
      revoked: new Set(entries.map((entry) => serialOf(entry.userCertificate.valueBlock.valueHexView))),
    }
  } catch {
    return null
  }
}

/** @throws RangeError where it is there twice, or is no number */
function numberOf(extensions: Extensions | undefined): bigint | null {
  const found = (extensions?.extensions ?? []).filter((extension) => extension.extnID === crlNumber)
  const [extension] = found
  if (extension === undefined) return null
  const value = fromBER(Uint8Array.from(extension.extnValue.valueBlock.valueHexView)).result
  if (found.length > 1 || !(value instanceof Integer)) throw new RangeError('not a CRL number')
  const bytes = value.valueBlock.valueHexView
  // Not negative, and no longer than the standard allows.
  if (bytes.length === 0 || bytes.length > 20 || (bytes[0] ?? 0) >= 0x80) throw new RangeError('not a CRL number')
  return BigInt(`0x${toHex(bytes)}`)
}
