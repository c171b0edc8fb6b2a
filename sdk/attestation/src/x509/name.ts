import { fromUtf8, sha256, toHex } from '@reinraum/crypto'
import { type Der, expectTag, readChildren, readOid, readSequence, tags } from './der.ts'

const commonNameOid = '2.5.4.3'
/** characters: ub-common-name (RFC 5280, appendix A.1); details repeat the name, and a long one could write lines of its own */
const maxCommonName = 64

export interface Name {
  /** null where there is none, or more than one */
  readonly commonName: string | null
  /** of the name as encoded, hex: names are compared byte for byte */
  readonly sha256: string
}

/** RFC 5280 §4.1.2.4: SEQUENCE OF SET OF SEQUENCE { type, value }. @throws TypeError for anything else */
export function readName(name: Der | undefined): Name {
  const attributes = readSequence(name).flatMap((set) =>
    readChildren(expectTag(set, tags.set)).map((attribute) => readSequence(attribute)),
  )
  const found = attributes.filter(([type]) => readOid(type) === commonNameOid)
  const der = name?.encoded ?? new Uint8Array(0)
  return { commonName: found.length === 1 ? readText(found[0]?.[1]) : null, sha256: toHex(sha256(der)) }
}

export function sameName(a: Name, b: Name): boolean {
  return a.sha256 === b.sha256
}

/** Both vendors write UTF8String or PrintableString; a name in another type, or a longer one, is none. */
function readText(value: Der | undefined): string | null {
  const tag = value?.encoded[0]
  const isText = tag === tags.utf8String || tag === tags.printableString
  const text = isText ? fromUtf8(value?.element.value ?? new Uint8Array(0)) : null
  return text === null || text.length > maxCommonName ? null : text
}
