import { toHex } from '@reinraum/crypto'
import { type Der, expectTag, readDer, readSequence, tags } from './der.ts'

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

/**
 * Takes SIGNED { toBeSigned, algorithm, signature } apart (RFC 5280 §4.1.1). Every byte belongs to one of the three and
 * stands in its only DER form, so that nothing outside the signed part can be changed unnoticed.
 *
 * @param algorithmAt which field of the signed part repeats the algorithm
 * @returns the object, and the fields of its signed part
 * @throws TypeError where it is anything else
 */
export function readSignedObject(bytes: Uint8Array, algorithmAt: number): SignedObject & { readonly fields: readonly Der[] } {
  const [signed, algorithm, value, ...more] = readSequence(readDer(bytes))
  if (signed === undefined || algorithm === undefined || more.length > 0) throw new TypeError('not a signed object')
  const fields = readSequence(signed)
  const [unused, ...signature] = expectTag(value, tags.bitString).element.value
  if (unused !== 0) throw new TypeError('a signature of a broken octet')
  const [inner, outer] = [toHex(fields[algorithmAt]?.encoded ?? new Uint8Array(0)), toHex(algorithm.encoded)]
  return {
    signed: signed.encoded,
    signature: Uint8Array.from(signature),
    algorithm: inner === outer ? (algorithms.get(inner) ?? null) : null,
    fields,
  }
}
