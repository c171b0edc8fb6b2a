import type { KeyObject } from 'node:crypto'
import { sha256 } from '@reinraum/crypto'
import {
  Boolean as Asn1Boolean,
  BitString,
  Constructed,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  type Sequence,
} from 'asn1js'
import { der, sequence, tagged } from './asn1.ts'

export interface ExtensionContent {
  readonly oid: string
  readonly critical: boolean
  /** content of the OCTET STRING; AMD's own extensions hold raw bytes where X.509 would hold DER */
  readonly value: Uint8Array
}

export function encodeExtension({ oid, critical, value }: ExtensionContent): Sequence {
  const flag = critical ? [new Asn1Boolean({ value: true })] : []
  return sequence(new ObjectIdentifier({ value: oid }), ...flag, new OctetString({ valueHex: value }))
}

/** RFC 5280 §4.2.1.9 */
export function basicConstraints(pathLength?: number): ExtensionContent {
  const limit = pathLength === undefined ? [] : [new Integer({ value: pathLength })]
  return { oid: '2.5.29.19', critical: true, value: der(sequence(new Asn1Boolean({ value: true }), ...limit)) }
}

/** as Intel writes it into what is no authority */
export function noAuthority(): ExtensionContent {
  return { oid: '2.5.29.19', critical: true, value: der(sequence()) }
}

/** RFC 5280 §4.2.1.3: 0x04 signs certificates, 0x02 lists, 0xc0 anything else; the unused bits are those after the last. */
export function keyUsage(bits: number): ExtensionContent {
  const unusedBits = Math.log2(bits & -bits)
  return { oid: '2.5.29.15', critical: true, value: der(new BitString({ valueHex: Uint8Array.of(bits), unusedBits })) }
}

export function crlNumber(value = 1): ExtensionContent {
  return { oid: '2.5.29.20', critical: false, value: der(new Integer({ value })) }
}

/** RFC 7093 §2, method 1: 160 bits of SHA-256, so that no SHA-1 is needed. */
function keyIdentifier(publicKey: KeyObject): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(sha256(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))).subarray(0, 20))
}

export function subjectKeyIdentifier(publicKey: KeyObject): ExtensionContent {
  return { oid: '2.5.29.14', critical: false, value: der(new OctetString({ valueHex: keyIdentifier(publicKey) })) }
}

export function authorityKeyIdentifier(publicKey: KeyObject): ExtensionContent {
  const identifier = new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: keyIdentifier(publicKey) })
  return { oid: '2.5.29.35', critical: false, value: der(sequence(identifier)) }
}

/** RFC 5280 §4.2.1.13: one point, one address. */
export function crlDistributionPoint(address: string): ExtensionContent {
  const uri = new Primitive({ idBlock: { tagClass: 3, tagNumber: 6 }, valueHex: new Uint8Array(Buffer.from(address, 'latin1')) })
  const fullName = new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [uri] })
  return { oid: '2.5.29.31', critical: false, value: der(sequence(sequence(tagged(0, fullName)))) }
}
