import { DERElement } from 'asn1-ts'

/** One element of DER (X.690): what it is, what it holds, and its bytes as they stand. */
export interface Der {
  readonly element: DERElement
  readonly encoded: Uint8Array
}

/** First octets: class, whether it is constructed, number. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** [n], constructed */
  context: (n: number) => 0xa0 + n,
} as const

/**
 * Reads exactly one element.
 * @throws TypeError for anything else, or whatever the library throws
 */
export function readDer(bytes: Uint8Array): Der {
  const { encoded, ...read } = readFirst(bytes)
  if (encoded.length !== bytes.length) throw new TypeError('bytes are left')
  return { ...read, encoded }
}

/** More than anything but a revocation list holds: a PCK tells eighteen levels, a VCEK has fourteen extensions. */
export const maxChildren = 32

/**
 * The elements that a constructed one holds, read when asked for: nobody pays for depths that nobody looks into, nor for
 * more than `maximum` of them.
 * @throws TypeError where there are more
 */
export function readChildren(parent: Der, maximum: number = maxChildren): readonly Der[] {
  const children: Der[] = []
  let rest = parent.element.value
  while (rest.length > 0) {
    if (children.length === maximum) throw new TypeError('too many elements')
    const child = readFirst(rest)
    children.push(child)
    rest = rest.subarray(child.encoded.length)
  }
  return children
}

/** @throws TypeError unless there is an element with this tag */
export function expectTag(der: Der | undefined, tag: number): Der {
  if (der?.encoded[0] !== tag) throw new TypeError('an element of another kind')
  return der
}

/** The elements of a SEQUENCE. @throws TypeError for anything else */
export function readSequence(der: Der | undefined, maximum?: number): readonly Der[] {
  return readChildren(expectTag(der, tags.sequence), maximum)
}

/** The content of an INTEGER or ENUMERATED in its shortest form (X.690 §8.3.2), most significant octet first. */
export function integerContent(der: Der | undefined, tag: number = tags.integer): Uint8Array {
  const { value } = expectTag(der, tag).element
  const [first, second = 0] = value
  if (first === undefined) throw new TypeError('an integer of no octets')
  if (value.length > 1 && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new TypeError('an integer that is padded')
  }
  return value
}

/** @returns in dots */
export function readOid(der: Der | undefined): string {
  return expectTag(der, tags.objectIdentifier).element.objectIdentifier.dotDelimitedNotation
}

/** A time of RFC 5280 §4.1.2.5. */
export function readTime(der: Der | undefined): Date {
  const tag = der?.encoded[0]
  if (tag === tags.utcTime) return validTime(expectTag(der, tags.utcTime).element.utcTime)
  return validTime(expectTag(der, tags.generalizedTime).element.generalizedTime)
}

function validTime(time: Date): Date {
  if (Number.isNaN(time.getTime())) throw new TypeError('not a time')
  return time
}

function readFirst(bytes: Uint8Array): Der {
  const element = new DERElement()
  const length = element.fromBytes(bytes)
  // The library takes some lengths that are written longer than they need be (X.690 §10.1), and tags of several octets.
  const content = element.value.length
  if (((bytes[0] ?? 0) & 0x1f) === 0x1f || length !== 1 + lengthOctets(content) + content) {
    throw new TypeError('not in its only form')
  }
  return { element, encoded: bytes.subarray(0, length) }
}

function lengthOctets(length: number): number {
  if (length < 0x80) return 1
  return 1 + Math.ceil(length.toString(16).length / 2)
}
