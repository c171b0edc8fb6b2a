import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes, constantTimeEqual, randomBytes, zeroise } from './bytes.ts'
import { sha256 } from './hash.ts'
import { unwrapKey, wrapKey } from './key-wrap.ts'
import { nodeCrypto } from './node-crypto.ts'
import { ReinraumError } from './reinraum-error.ts'

/**
 * How secrets are sealed at rest. A256KWP (RFC 5649) has no nonce, so that a machine that is set back to a snapshot cannot use
 * one twice; ChaCha20-Poly1305 (RFC 8439, random nonce: for keys that seal few records) is for those who want no AES. On Node,
 * OpenSSL does both and leaves no copies of the secret in the engine's memory.
 */
export const recordSuites = ['A256KWP', 'ChaCha20-Poly1305'] as const
export type RecordSuite = (typeof recordSuites)[number]
export const defaultRecordSuite: RecordSuite = 'A256KWP'

/** The suite with this name. @throws ReinraumError `suite-unsupported` */
export function recordSuiteOf(name: string): RecordSuite {
  const suite = recordSuites.find((known) => known === name)
  if (suite === undefined) throw new ReinraumError('suite-unsupported', 'records are not sealed with this suite')
  return suite
}

interface RecordCipher {
  seal(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array
  open(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array
}

const digestLength = 32
const nonceLength = 12
const tagLength = 16

// Key wrap takes no associated data: the digest of what the record is bound to is wrapped in front of the secret.
const keyWrap: RecordCipher = {
  seal(key, plaintext, aad) {
    const bound = concatBytes(sha256(aad), plaintext)
    try {
      return wrapKey(key, bound)
    } finally {
      zeroise(bound)
    }
  },
  open(key, sealed, aad) {
    const bound = unwrapKey(key, sealed)
    if (bound.length >= digestLength && constantTimeEqual(bound.subarray(0, digestLength), sha256(aad))) {
      return bound.subarray(digestLength)
    }
    zeroise(bound)
    throw new ReinraumError('decryption-failed', 'the sealed record belongs to another place')
  },
}

// nonce ‖ ciphertext ‖ tag
const chacha: RecordCipher = {
  seal(key, plaintext, aad) {
    const nonce = randomBytes(nonceLength)
    if (nodeCrypto === undefined) return concatBytes(nonce, chacha20poly1305(key, nonce, aad).encrypt(plaintext))
    const cipher = nodeCrypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength })
    cipher.setAAD(aad, { plaintextLength: plaintext.length })
    return concatBytes(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
  },
  open(key, sealed, aad) {
    const nonce = sealed.subarray(0, nonceLength)
    if (nodeCrypto === undefined) return chacha20poly1305(key, nonce, aad).decrypt(sealed.subarray(nonceLength))
    const end = sealed.length - tagLength
    const cipher = nodeCrypto.createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength })
    cipher.setAAD(aad, { plaintextLength: end - nonceLength })
    cipher.setAuthTag(sealed.subarray(end))
    const opened = cipher.update(sealed.subarray(nonceLength, end))
    try {
      cipher.final()
    } catch (error) {
      zeroise(opened)
      throw error
    }
    return new Uint8Array(opened.buffer, opened.byteOffset, opened.length)
  },
}

const ciphers: Readonly<Record<RecordSuite, RecordCipher>> = { A256KWP: keyWrap, 'ChaCha20-Poly1305': chacha }

/**
 * Seals a small secret at rest under a long-lived key, bound to `aad`. The record does not name its suite: who keeps it does,
 * and binds the name in `aad` or with the key. A key is used with one suite only.
 */
export function sealRecord(
  key: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  suite: RecordSuite = defaultRecordSuite,
): Uint8Array {
  requireKey(key)
  return ciphers[suite].seal(key, plaintext, aad)
}

/** Opens what `sealRecord` sealed; the caller overwrites it. Throws `decryption-failed` when anything about it is wrong. */
export function openRecord(
  key: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
  suite: RecordSuite = defaultRecordSuite,
): Uint8Array {
  requireKey(key)
  try {
    return ciphers[suite].open(key, sealed, aad)
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the sealed record does not open', { cause })
  }
}

function requireKey(key: Uint8Array): void {
  if (key.length !== 32) throw new ReinraumError('invalid-argument', 'a record key has 32 bytes')
}
