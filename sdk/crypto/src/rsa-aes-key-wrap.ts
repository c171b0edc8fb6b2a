import { concatBytes, constantTimeEqual, randomBytes, zeroise } from './bytes.ts'
import { fromHex } from './hex.ts'
import { unwrapKey, wrapKey } from './key-wrap.ts'
import { ReinraumError } from './reinraum-error.ts'

/**
 * What `rsaAesWrap` does, by name: CKM_RSA_AES_KEY_WRAP of PKCS #11 v3.1 §6.1.21, which cloud key services call
 * RSA_AES_KEY_WRAP_SHA_256. RFC 8017 §7.1 with MGF1 over SHA-256 and an empty label, then RFC 5649. It is classical: for
 * hardware that can do nothing else.
 */
export const rsaAesKeyWrap = 'RSA-OAEP-4096-SHA256/A256KWP'

/** Bytes of the first part, which holds the ephemeral AES key. */
const encryptedKekLength = 512
const kekLength = 32
const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' } as const

// RFC 8017 §A.1 and RFC 5280 §4.1.2.7: with 4096 bits and the exponent 65537 everything around the modulus is constant.
const spkiStart = fromHex('30820222300d06092a864886f70d01010105000382020f003082020a0282020100')
const spkiEnd = fromHex('0203010001')
export const rsa4096PublicKeyLength = spkiStart.length + encryptedKekLength + spkiEnd.length

/** Whether the bytes are a SubjectPublicKeyInfo (DER) of an RSA key with 4096 bits and the public exponent 65537. */
export function isRsa4096PublicKey(spki: Uint8Array): boolean {
  const modulus = spki.subarray(spkiStart.length, -spkiEnd.length)
  return (
    spki.length === rsa4096PublicKeyLength &&
    constantTimeEqual(spki.subarray(0, spkiStart.length), spkiStart) &&
    constantTimeEqual(spki.subarray(-spkiEnd.length), spkiEnd) &&
    (modulus[0] ?? 0) >= 0x80 &&
    (modulus.at(-1) ?? 0) % 2 === 1
  )
}

/**
 * A new key pair to wrap to, made outside the event loop; it takes about a second. The caller
 * overwrites `privateKey` (PKCS #8).
 */
export async function generateRsaAesKeyPair(): Promise<{ publicKey: Uint8Array; privateKey: Uint8Array }> {
  const size = { modulusLength: encryptedKekLength * 8, publicExponent: Uint8Array.of(1, 0, 1) }
  const pair = await crypto.subtle.generateKey({ ...algorithm, ...size }, true, ['encrypt', 'decrypt'])
  const [spki, pkcs8] = await Promise.all([
    crypto.subtle.exportKey('spki', pair.publicKey),
    crypto.subtle.exportKey('pkcs8', pair.privateKey),
  ])
  return { publicKey: new Uint8Array(spki), privateKey: new Uint8Array(pkcs8) }
}

/**
 * Wraps a key as an HSM does: an ephemeral AES-256 key under RSA-OAEP (512 bytes), then the key under that by AES-256-KWP.
 * @throws ReinraumError `invalid-argument` when the public key is not one of `isRsa4096PublicKey`, or there is no key to wrap
 */
export async function rsaAesWrap(publicKey: Uint8Array, key: Uint8Array): Promise<Uint8Array> {
  if (!isRsa4096PublicKey(publicKey)) throw new ReinraumError('invalid-argument', 'not an RSA public key of 4096 bits')
  const kek = randomBytes(kekLength)
  try {
    const wrapped = wrapKey(kek, key)
    const to = await crypto.subtle.importKey('spki', new Uint8Array(publicKey), algorithm, false, ['encrypt'])
    return concatBytes(new Uint8Array(await crypto.subtle.encrypt(algorithm, to, kek)), wrapped)
  } finally {
    zeroise(kek)
  }
}

/**
 * Unwraps what `rsaAesWrap` or an HSM wrapped; the caller overwrites the key. When the first part does not open, the second is
 * opened with a random key instead and fails as any other would: one code, one path.
 * @throws ReinraumError `decryption-failed` when anything about it is wrong
 */
export async function rsaAesUnwrap(privateKey: Uint8Array, wrapped: Uint8Array): Promise<Uint8Array> {
  const kek = await openKek(privateKey, wrapped.subarray(0, encryptedKekLength))
  try {
    return unwrapKey(kek, wrapped.subarray(encryptedKekLength))
  } finally {
    zeroise(kek)
  }
}

async function openKek(privateKey: Uint8Array, encrypted: Uint8Array): Promise<Uint8Array> {
  const instead = randomBytes(kekLength)
  const kek = await rsaOaepDecrypt(privateKey, encrypted).catch(() => instead)
  if (kek.length === kekLength) return kek
  zeroise(kek)
  return instead
}

/**
 * RSAES-OAEP-DECRYPT (RFC 8017 §7.1.2) by OpenSSL, in its thread pool; OpenSSL reads the padding in constant time.
 * @throws ReinraumError `decryption-failed`
 */
export async function rsaOaepDecrypt(privateKey: Uint8Array, encrypted: Uint8Array): Promise<Uint8Array> {
  const copy = new Uint8Array(privateKey)
  try {
    const key = await crypto.subtle.importKey('pkcs8', copy, algorithm, false, ['decrypt'])
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, new Uint8Array(encrypted)))
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the wrapped key does not open', { cause })
  } finally {
    zeroise(copy)
  }
}
