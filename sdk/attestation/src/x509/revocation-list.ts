import { toHex } from '@reinraum/crypto'
import {
  Boolean as Asn1Boolean,
  type BaseBlock,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Sequence,
  UTCTime,
} from 'asn1js'
import { RelativeDistinguishedNames } from 'pkijs'
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

/**
 * Reads TBSCertList (RFC 5280 §5.1) field by field: pkijs would match every entry against a schema, which costs more than
 * all the rest of an appraisal.
 *
 * @returns null for anything that is not exactly one complete DER revocation list with an end
 */
export function parseRevocationList(input: Uint8Array): ParsedRevocationList | null {
  if (input.length > maxLength || input[0] !== 0x30) return null
  try {
    // version 2, algorithm
    const read = readSignedObject(Uint8Array.from(input), 1)
    if (read === null) return null
    const [version, , issuer, thisUpdate, ...rest] = read.content.valueBlock.value
    if (!(version instanceof Integer) || toHex(version.valueBlock.valueHexView) !== '01') return null
    if (!(issuer instanceof Sequence)) return null
    // A list without an end would never be stale.
    const nextUpdate = timeOf(rest.shift())
    const entries = rest[0] instanceof Sequence ? (rest.shift() as Sequence).valueBlock.value : []
    const extensions = rest.length === 0 ? [] : extensionsOf(contextOf(rest.shift()))
    if (rest.length > 0) return null
    return {
      ...read.object,
      issuer: readName(new RelativeDistinguishedNames({ schema: issuer })),
      thisUpdate: timeOf(thisUpdate),
      nextUpdate,
      number: numberOf(extensions),
      revoked: new Set(entries.map(revokedSerial)),
    }
  } catch {
    return null
  }
}

function timeOf(block: BaseBlock | undefined): Date {
  if (!(block instanceof UTCTime || block instanceof GeneralizedTime)) throw new TypeError('not a time')
  return validTime(block.toDate())
}

/** [0] EXPLICIT */
function contextOf(block: BaseBlock | undefined): BaseBlock | undefined {
  const tagged = block instanceof Constructed && block.idBlock.tagClass === 3 && block.idBlock.tagNumber === 0
  if (!tagged || block.valueBlock.value.length !== 1) throw new TypeError('not the extensions')
  return block.valueBlock.value[0]
}

function revokedSerial(entry: BaseBlock): string {
  const [serial, date, extensions, ...more] = entry instanceof Sequence ? entry.valueBlock.value : []
  if (!(serial instanceof Integer) || more.length > 0) throw new TypeError('not an entry')
  timeOf(date)
  if (extensions !== undefined) extensionsOf(extensions)
  return serialOf(serial.valueBlock.valueHexView)
}

interface Extension {
  readonly oid: string
  readonly value: OctetString
}

/** @throws TypeError where one is critical: it would narrow what the list says (deltas, other issuers); no vendor uses any */
function extensionsOf(block: BaseBlock | undefined): readonly Extension[] {
  if (!(block instanceof Sequence)) throw new TypeError('not extensions')
  return block.valueBlock.value.map((extension) => {
    const [oid, ...rest] = extension instanceof Sequence ? extension.valueBlock.value : []
    const critical = rest[0] instanceof Asn1Boolean ? (rest.shift() as Asn1Boolean).valueBlock.value : false
    const [value, ...more] = rest
    if (!(oid instanceof ObjectIdentifier) || !(value instanceof OctetString) || more.length > 0 || critical) {
      throw new TypeError('not an extension that is known')
    }
    return { oid: oid.valueBlock.toString(), value }
  })
}

/** @throws RangeError where it is there twice, or is no number */
function numberOf(extensions: readonly Extension[]): bigint | null {
  const found = extensions.filter(({ oid }) => oid === crlNumber)
  const [extension] = found
  if (extension === undefined) return null
  const value = fromBER(Uint8Array.from(extension.value.valueBlock.valueHexView)).result
  if (found.length > 1 || !(value instanceof Integer)) throw new RangeError('not a CRL number')
  const bytes = value.valueBlock.valueHexView
  // Not negative, and no longer than the standard allows.
  if (bytes.length === 0 || bytes.length > 20 || (bytes[0] ?? 0) >= 0x80) throw new RangeError('not a CRL number')
  return BigInt(`0x${toHex(bytes)}`)
}
