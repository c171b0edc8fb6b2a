import { constants, createPublicKey, verify } from 'node:crypto'
import { rememberHolding } from '../cache/by-digest.ts'
import type { ParsedCertificate } from './certificate.ts'
import type { SignatureAlgorithm, SignedObject } from './signed-object.ts'

/** bytes; as long as the hash */
const saltLength = 48

/** Fixed when the object was read, so the algorithm is part of what is remembered. */
const holds = rememberHolding(verifies)
const textHolds = rememberHolding((text: SignedText, issuer: ParsedCertificate) =>
  isSignedRaw(issuer, text.signed, text.signature),
)

/** A text that a certificate of the vendor signs, with a bare ECDSA P-256 signature. */
interface SignedText {
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Verifies the signature of a certificate or a revocation list with the one algorithm that its vendor uses, whatever the
 * object says about itself.
 */
export function isSignedWith(issuer: ParsedCertificate, object: SignedObject, algorithm: SignatureAlgorithm): boolean {
  return object.algorithm === algorithm && holds(object, issuer)
}

/** Verifies what a certificate of the vendor signs beside certificates and lists. */
export function isTextSignedBy(issuer: ParsedCertificate, text: SignedText): boolean {
  return textHolds(text, issuer)
}

function verifies({ signed, signature, algorithm }: SignedObject, { publicKey: key, keyKind }: ParsedCertificate): boolean {
  switch (algorithm) {
    case 'rsa-pss-sha384':
      if (keyKind !== 'RSA') return false
      return verify('sha384', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
    case 'ecdsa-p256-sha256':
      return keyKind === 'P-256' && verify('sha256', signed, { key, dsaEncoding: 'der' }, signature)
    case null:
      return false
  }
}

/** A key on P-256, wherever it comes from. */
export type P256Key = Pick<ParsedCertificate, 'publicKey' | 'keyKind'>

/**
 * Verifies a bare ECDSA P-256 signature with SHA-256, as quotes and Intel's JSON carry it.
 *
 * @param signature r ‖ s, big endian, 64 bytes
 */
export function isSignedRaw({ publicKey: key, keyKind }: P256Key, signed: Uint8Array, signature: Uint8Array): boolean {
  if (keyKind !== 'P-256' || signature.length !== 64) return false
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
}

/**
 * @param point x ‖ y, big endian, 64 bytes
 * @returns null where that is no point of P-256
 */
export function readP256Key(point: Uint8Array): P256Key | null {
  if (point.length !== 64) return null
  const coordinate = (from: number) => Buffer.from(point.subarray(from, from + 32)).toString('base64url')
  try {
    const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(0), y: coordinate(32) }
    return { publicKey: createPublicKey({ key: jwk, format: 'jwk' }), keyKind: 'P-256' }
  } catch {
    return null
  }
}
