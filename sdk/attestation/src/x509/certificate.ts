import { createPublicKey, type KeyObject } from 'node:crypto'
import { sha256, toHex } from '@reinraum/crypto'
import { byDigest } from '../cache/by-digest.ts'
import { type Der, expectTag, integerContent, readDer, readSequence, readTime, tags } from './der.ts'
import { type Extension, readExtensions } from './extensions.ts'
import { type Name, readName } from './name.ts'
import { readSignedObject, type SignedObject } from './signed-object.ts'

/** bytes; the longest certificate of either vendor has 1.7 KiB */
export const maxCertificateLength = 4 * 1024
const basicConstraints = '2.5.29.19'
const keyUsage = '2.5.29.15'
const known = new Set([basicConstraints, keyUsage])
/** [0] { INTEGER 2 } */
const version3 = 'a003020102'

export type KeyKind = 'RSA' | 'P-256' | 'P-384'

export interface ParsedCertificate extends SignedObject {
  /** SHA-256 of the DER, hex */
  readonly sha256: string
  readonly subject: Name
  readonly issuer: Name
  /** hex without leading zeros, as it stands in a revocation list too */
  readonly serial: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyObject
  /** null for every kind that no vendor uses */
  readonly keyKind: KeyKind | null
  readonly ca: boolean
  /** RFC 5280 §4.2.1.9: how many authorities may follow below; null where nothing limits it */
  readonly pathLength: number | null
  readonly keyUsage: { readonly digitalSignature: boolean; readonly certSign: boolean; readonly crlSign: boolean } | null
  /** OID → content of the OCTET STRING */
  readonly extensions: ReadonlyMap<string, Uint8Array>
  readonly unknownCritical: boolean
}

/** @returns null for anything that is not exactly one DER certificate */
export const parseCertificate = byDigest(readCertificate, { each: maxCertificateLength, all: 1024 * 1024 })

/** RFC 5280 §4.1, the order of its fields. */
function readCertificate(der: Uint8Array): ParsedCertificate {
  const { fields, ...object } = readSignedObject(der, 2)
  const [version, serial, , issuer, validity, subject, key, ...rest] = fields
  if (version === undefined || toHex(version.encoded) !== version3 || rest.length > 1) throw new TypeError('not version 3')
  const [notBefore, notAfter, ...more] = readSequence(validity)
  if (more.length > 0) throw new TypeError('more than a validity')
  const extensions = readExtensions(rest[0], tags.context(3))
  const publicKey = readPublicKey(key)
  return {
    ...object,
    sha256: toHex(sha256(der)),
    subject: readName(subject),
    issuer: readName(issuer),
    serial: serialOf(serial),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKey,
    keyKind: kindOf(publicKey),
    ...readConstraints(extensions.get(basicConstraints)),
    keyUsage: readKeyUsage(extensions.get(keyUsage)),
    extensions: new Map([...extensions].map(([oid, { value }]) => [oid, value])),
    unknownCritical: [...extensions].some(([oid, { critical }]) => critical && !known.has(oid)),
  }
}

/** From this field alone: `X509Certificate` looks for PEM first, and would take the key of one that stands inside the DER. */
function readPublicKey(field: Der | undefined): KeyObject {
  const { encoded } = expectTag(field, tags.sequence)
  return createPublicKey({ key: Buffer.from(encoded), format: 'der', type: 'spki' })
}

/** Chains are verified before their root is known to be pinned: other RSA keys would cost more, or be worth less. */
const rsaBits = { least: 2048, most: 4096 } as const
const rsaExponent = 65_537n

function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): KeyKind | null {
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0
    return bits >= rsaBits.least && bits <= rsaBits.most && details?.publicExponent === rsaExponent ? 'RSA' : null
  }
  const curve = type === 'ec' ? details?.namedCurve : undefined
  return curve === 'prime256v1' ? 'P-256' : curve === 'secp384r1' ? 'P-384' : null
}

/** In whatever form the number is written: a list that writes one longer than need be means the same certificate. */
export function serialOf(serial: Der | undefined): string {
  return toHex(expectTag(serial, tags.integer).element.value).replace(/^(?:00)+(?=..)/, '')
}

/** RFC 5280 §4.2.1.9: SEQUENCE { cA DEFAULT FALSE, pathLenConstraint }. */
function readConstraints(extension: Extension | undefined): Pick<ParsedCertificate, 'ca' | 'pathLength'> {
  if (extension === undefined) return { ca: false, pathLength: null }
  const [flag, limit, ...more] = readSequence(readDer(extension.value))
  if (flag === undefined) return { ca: false, pathLength: null }
  if (more.length > 0) throw new TypeError('more than constraints')
  const ca = Buffer.compare(expectTag(flag, tags.boolean).element.value, Uint8Array.of(0xff)) === 0
  if (limit === undefined) return { ca, pathLength: null }
  const [length = 0, ...longer] = integerContent(limit)
  if (longer.length > 0 || length >= 0x80) throw new TypeError('a path of no length that anyone uses')
  return { ca, pathLength: length }
}

/** RFC 5280 §4.2.1.3: BIT STRING, bit 0 digitalSignature, bit 5 keyCertSign, bit 6 cRLSign. */
function readKeyUsage(extension: Extension | undefined): ParsedCertificate['keyUsage'] {
  if (extension === undefined) return null
  const [, bits = 0] = expectTag(readDer(extension.value), tags.bitString).element.value
  return { digitalSignature: (bits & 0x80) !== 0, certSign: (bits & 0x04) !== 0, crlSign: (bits & 0x02) !== 0 }
}
