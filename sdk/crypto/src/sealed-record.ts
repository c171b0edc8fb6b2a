import { gcmsiv } from '@noble/ciphers/aes.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes, randomBytes } from './bytes.ts'
import { ReinraumError } from './reinraum-error.ts'

const keyLength = 32

/**
 * How records are sealed at rest. AES-256-GCM-SIV (RFC 8452): a nonce that repeats shows only that two records are equal.
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): a nonce of 24 random bytes does not repeat. Both suit long-lived keys.
 */
export const recordSuites = ['AES-256-GCM-SIV', 'XChaCha20-Poly1305'] as const
export type RecordSuite = (typeof recordSuites)[number]
export const defaultRecordSuite: RecordSuite = 'AES-256-GCM-SIV'

const ciphers = {
  'AES-256-GCM-SIV': { cipher: gcmsiv, nonceLength: 12 },
  'XChaCha20-Poly1305': { cipher: xchacha20poly1305, nonceLength: 24 },
} as const

/** The suite with this name. @throws ReinraumError `suite-unsupported` */
export function recordSuiteOf(name: string): RecordSuite {
  const suite = recordSuites.find((known) => known === name)
  if (suite === undefined) throw new ReinraumError('suite-unsupported', 'records are not sealed with this suite')
  return suite
}

/**
 * Seals a small record at rest under a long-lived key, with a random nonce in front. The record does not name its suite: who
 * keeps it does, and binds the name in `aad` or with the key. A key is used with one suite only.
 */
export function sealRecord(
  key: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  suite: RecordSuite = defaultRecordSuite,
): Uint8Array {
  requireKey(key)
  const { cipher, nonceLength } = ciphers[suite]
  const nonce = randomBytes(nonceLength)
  return concatBytes(nonce, cipher(key, nonce, aad).encrypt(plaintext))
}

/** Opens what `sealRecord` sealed. Throws `decryption-failed` when anything about it is wrong. */
export function openRecord(
  key: Uint8Array,
  sealed: Uint8Array,
  aad: Uint8Array,
  suite: RecordSuite = defaultRecordSuite,
): Uint8Array {
  requireKey(key)
  const { cipher, nonceLength } = ciphers[suite]
  try {
    return cipher(key, sealed.subarray(0, nonceLength), aad).decrypt(sealed.subarray(nonceLength))
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the sealed record does not open', { cause })
  }
}

function requireKey(key: Uint8Array): void {
  if (key.length !== keyLength) throw new ReinraumError('invalid-argument', 'a record key has 32 bytes')
}
