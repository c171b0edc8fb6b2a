import { concatBytes, toHex } from '@reinraum/crypto'
import { BitString, fromBER, Sequence } from 'asn1js'

/**
 * RSASSA-PSS with SHA-384, MGF1 over SHA-384 and a salt of 48 bytes, in DER (RFC 4055): AMD's keys sign with nothing
 * else. VCEKs and revocation lists leave the trailer field out, ARK and ASK write its default.
 */
const pssParameters = 'a00f300d06096086480165030402020500a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130'
const algorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  [`304106092a864886f70d01010a3034${pssParameters}`, 'rsa-pss-sha384'],
  [`304606092a864886f70d01010a3039${pssParameters}a303020101`, 'rsa-pss-sha384'],
  // ecdsa-with-SHA256, no parameters (RFC 5758 §3.2): Intel's keys sign with nothing else.
  ['300a06082a8648ce3d040302', 'ecdsa-p256-sha256'],
])

export type SignatureAlgorithm = 'rsa-pss-sha384' | 'ecdsa-p256-sha256'

/** A certificate or a revocation list, as its signature sees it. */
export interface SignedObject {
  /** the part that is signed */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  /** what it says, inside and outside the signed part alike; null for every algorithm that no vendor uses */
  readonly algorithm: SignatureAlgorithm | null
}

/** What DER was read as, once for all that look into it. */
export interface ReadObject {
  readonly object: SignedObject
  readonly whole: Sequence
  /** the part that is signed */
  readonly content: Sequence
}

/**
 * Takes SIGNED { toBeSigned, algorithm, signature } apart (RFC 5280 §4.1.1). Every byte belongs to one of the three and
 * stands in its only DER form, so that nothing outside the signed part can be changed unnoticed.
 *
 * @param algorithmAt which field of the signed part repeats the algorithm
 * @returns null where it is anything else
 */
export function readSignedObject(der: Uint8Array<ArrayBuffer>, algorithmAt: number): ReadObject | null {
  const whole = fromBER(der).result
  if (!(whole instanceof Sequence)) return null
  const [signed, algorithm, value] = whole.valueBlock.value
  if (!(signed instanceof Sequence) || algorithm === undefined || !(value instanceof BitString)) return null
  const parts = { signed: signed.valueBeforeDecodeView, algorithm: algorithm.valueBeforeDecodeView }
  const signature = value.valueBlock.valueHexView
  const again = sequence(concatBytes(parts.signed, parts.algorithm, element(0x03, concatBytes(Uint8Array.of(0), signature))))
  if (Buffer.compare(again, der) !== 0) return null
  const inner = toHex(signed.valueBlock.value[algorithmAt]?.valueBeforeDecodeView ?? new Uint8Array(0))
  const object = {
    signed: Uint8Array.from(parts.signed),
    signature: Uint8Array.from(signature),
    algorithm: inner === toHex(parts.algorithm) ? (algorithms.get(inner) ?? null) : null,
  }
  return { object, whole, content: signed }
}

function sequence(content: Uint8Array): Uint8Array {
  return element(0x30, content)
}

/** X.690 §10.1: the shortest form of the length. */
function element(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  if (length < 0x80) return concatBytes(Uint8Array.of(tag, length), content)
  const hex = length.toString(16)
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return concatBytes(Uint8Array.of(tag, 0x80 | octets.length), octets, content)
}
