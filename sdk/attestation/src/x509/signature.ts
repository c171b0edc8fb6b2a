import { constants, type KeyObject, verify } from 'node:crypto'
import type { SignatureAlgorithm, SignedObject } from './signed-object.ts'

/** bytes; as long as the hash */
const saltLength = 48

/**
 * Verifies the signature of a certificate or a revocation list with the one algorithm that its vendor uses, whatever the
 * object says about itself.
 */
export function isSignedWith(key: KeyObject, object: SignedObject, algorithm: SignatureAlgorithm): boolean {
  const { signed, signature } = object
  if (object.algorithm !== algorithm) return false
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
