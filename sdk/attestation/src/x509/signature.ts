import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { rememberHolding } from '../cache/by-digest.ts'
import type { ParsedCertificate } from './certificate.ts'
import type { SignatureAlgorithm, SignedObject } from './signed-object.ts'

/** bytes; as long as the hash */
const saltLength = 48

const holding = rememberHolding(4096)

/**
 * Verifies the signature of a certificate or a revocation list with the one algorithm that its vendor uses, whatever the
 * object says about itself.
 */
export function isSignedWith(issuer: ParsedCertificate, object: SignedObject, algorithm: SignatureAlgorithm): boolean {
  if (object.algorithm !== algorithm) return false
  return holding(`${algorithm} ${issuer.sha256} ${object.sha256}`, () => verifies(issuer.publicKey, object, algorithm))
}

/**
 * Verifies what a certificate of the vendor signs beside certificates and lists: a text with a bare ECDSA P-256 signature.
 *
 * @param text.digest hex, over text and signature
 */
export function isTextSignedBy(
  issuer: ParsedCertificate,
  text: { readonly signed: Uint8Array; readonly signature: Uint8Array; readonly digest: string },
): boolean {
  return holding(`text ${issuer.sha256} ${text.digest}`, () => isSignedRaw(issuer.publicKey, text.signed, text.signature))
}

function verifies(key: KeyObject, { signed, signature }: SignedObject, algorithm: SignatureAlgorithm): boolean {
  switch (algorithm) {
    case 'rsa-pss-sha384':
      if (key.asymmetricKeyType !== 'rsa') return false
      return verify('sha384', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
    case 'ecdsa-p256-sha256':
      if (!isP256(key)) return false
      return verify('sha256', signed, { key, dsaEncoding: 'der' }, signature)
  }
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}

/**
 * Verifies a bare ECDSA P-256 signature with SHA-256, as quotes and Intel's JSON carry it.
 *
 * @param signature r ‖ s, big endian, 64 bytes
 */
export function isSignedRaw(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  return isP256(key) && signature.length === 64 && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

/**
 * @param point x ‖ y, big endian, 64 bytes
 * @returns null where that is no point of P-256
 */
export function readP256Key(point: Uint8Array): KeyObject | null {
  if (point.length !== 64) return null
  const coordinate = (from: number) => Buffer.from(point.subarray(from, from + 32)).toString('base64url')
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: coordinate(0), y: coordinate(32) }, format: 'jwk' })
  } catch {
    return null
  }
}
