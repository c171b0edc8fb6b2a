import { type Der, expectTag, readChildren, readOid, readSequence, tags } from './der.ts'

export interface Extension {
  readonly critical: boolean
  /** content of the OCTET STRING */
  readonly value: Uint8Array
}

/**
 * RFC 5280 §4.2: SEQUENCE OF SEQUENCE { OID, critical, value }, under an explicit tag.
 *
 * @param field absent where the object has none
 * @returns OID → extension
 * @throws TypeError for anything else, also where one is there twice: two readers could each take another one
 */
export function readExtensions(field: Der | undefined, tag: number): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>()
  if (field === undefined) return extensions
  const [list, ...more] = readChildren(expectTag(field, tag))
  if (more.length > 0) throw new TypeError('more than a list of extensions')
  for (const entry of readSequence(list)) {
    const [oid, extension] = readExtension(entry)
    if (extensions.has(oid)) throw new TypeError('an extension twice')
    extensions.set(oid, extension)
  }
  return extensions
}

/** The same for the extensions of an entry of a revocation list, which stand under no tag. */
export function readEntryExtensions(list: Der): readonly Extension[] {
  return readSequence(list).map((entry) => readExtension(entry)[1])
}

function readExtension(entry: Der): [string, Extension] {
  const [oid, ...rest] = readSequence(entry)
  const flag = rest[0]?.encoded[0] === tags.boolean ? rest.shift() : undefined
  const [value, ...more] = rest
  if (more.length > 0) throw new TypeError('more than an extension')
  // A copy, so that no extension keeps the bytes of its certificate alive, nor changes with them.
  return [readOid(oid), { critical: readFlag(flag), value: Uint8Array.from(expectTag(value, tags.octetString).element.value) }]
}

/** DEFAULT FALSE: in DER it is there only when it is true (X.690 §11.5), and true is 0xFF (§11.1). */
function readFlag(flag: Der | undefined): boolean {
  if (flag === undefined) return false
  const { value } = flag.element
  if (value.length !== 1 || value[0] !== 0xff) throw new TypeError('not a flag in its only form')
  return true
}
