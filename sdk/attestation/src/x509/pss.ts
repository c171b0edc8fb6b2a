import { constants, type KeyObject, verify } from 'node:crypto'
import type { SignedObject } from './signed-object.ts'

/** bytes; as long as the hash */
const saltLength = 48

/** Verifies RSASSA-PSS with SHA-384, and with these parameters only, whatever the object says about itself. */
export function isSignedWith(key: KeyObject, { signed, signature, pssSha384 }: SignedObject): boolean {
  if (!pssSha384 || key.asymmetricKeyType !== 'rsa') return false
  return verify('sha384', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
}
