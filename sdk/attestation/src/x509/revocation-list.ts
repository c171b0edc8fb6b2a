import { toHex } from '@reinraum/crypto'
import { byDigest } from '../cache/by-digest.ts'
import { serialOf } from './certificate.ts'
import { type Der, integerContent, readDer, readSequence, readTime, tags } from './der.ts'
import { readEntryExtensions, readExtensions } from './extensions.ts'
import { type Name, readName } from './name.ts'
import { readSignedObject, type SignedObject } from './signed-object.ts'

/** bytes; the longest list of either vendor has 3 KiB */
export const maxListLength = 24 * 1024
/** as many as Intel writes into a list of that length; reading one costs some 15 µs */
export const maxEntries = 512
const crlNumber = '2.5.29.20'
/** INTEGER 1 */
const version2 = '020101'

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
export const parseRevocationList = byDigest(readList, { each: maxListLength, all: 2 * 1024 * 1024 })

/** RFC 5280 §5.1, the order of its fields. */
function readList(der: Uint8Array): ParsedRevocationList {
  const { fields, ...object } = readSignedObject(der, 1)
  const [version, , issuer, thisUpdate, nextUpdate, ...rest] = fields
  if (version === undefined || toHex(version.encoded) !== version2) throw new TypeError('not version 2')
  const entries = rest[0]?.encoded[0] === tags.sequence ? readSequence(rest.shift(), maxEntries) : []
  if (rest.length > 1) throw new TypeError('more than a revocation list')
  const extensions = readExtensions(rest[0], tags.context(0))
  // A critical extension narrows what the list says (deltas, other issuers); no vendor uses one.
  if ([...extensions.values()].some(({ critical }) => critical)) throw new TypeError('a list that is not complete')
  return {
    ...object,
    issuer: readName(issuer),
    thisUpdate: readTime(thisUpdate),
    // A list without an end would never be stale: what stands in the end's place is then no time.
    nextUpdate: readTime(nextUpdate),
    number: numberOf(extensions.get(crlNumber)?.value),
    revoked: new Set(entries.map(readRevoked)),
  }
}

/** SEQUENCE { serial, time, extensions } */
function readRevoked(entry: Der): string {
  const [serial, , extensions, ...more] = readSequence(entry)
  const narrowed = extensions !== undefined && readEntryExtensions(extensions).some(({ critical }) => critical)
  if (narrowed || more.length > 0) throw new TypeError('an entry that says something else')
  return serialOf(serial)
}

/** @throws TypeError where it is no number, is negative or is longer than the standard allows */
function numberOf(extension: Uint8Array | undefined): bigint | null {
  if (extension === undefined) return null
  const bytes = integerContent(readDer(extension))
  if (bytes.length > 20 || (bytes[0] ?? 0) >= 0x80) throw new TypeError('not a CRL number')
  return BigInt(`0x${toHex(bytes)}`)
}
