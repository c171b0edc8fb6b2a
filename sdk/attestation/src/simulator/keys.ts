import { createPrivateKey, type KeyObject } from 'node:crypto'
import { fromBase64url, toBase64url } from '@reinraum/crypto'

/** PKCS #8, base64url */
export function writePrivateKey(key: KeyObject): string {
  return toBase64url(new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })))
}

export function readPrivateKey(written: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(fromBase64url(written)), format: 'der', type: 'pkcs8' })
}
