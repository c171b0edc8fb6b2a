import { constantTimeEqual, randomBytes, zeroise } from '../bytes.ts'
import { decryptionFailed, type EnvelopeOptions, headerLength, saltLength } from './format.ts'
import { deriveMessageKeys, type MessageKeys, takeOptions } from './key-schedule.ts'

/** The first bytes of a new envelope, and the keys of the message behind them. The caller zeroises the keys. */
export interface NewEnvelope {
  readonly header: Uint8Array
  readonly keys: MessageKeys
}

/** Begins an envelope with a fresh salt. Throws `invalid-argument` for a key of the wrong size. */
export function beginEnvelope(options: EnvelopeOptions): NewEnvelope {
  return beginEnvelopeWith(options, randomBytes(saltLength))
}

/** `beginEnvelope` with the salt of the caller. A salt used twice with one key reveals both messages. */
export function beginEnvelopeWith(options: EnvelopeOptions, salt: Uint8Array): NewEnvelope {
  const taken = takeOptions(options)
  try {
    const keys = deriveMessageKeys(taken, salt)
    const header = new Uint8Array(headerLength)
    header.set(salt)
    header.set(keys.commitment, saltLength)
    return { header, keys }
  } finally {
    zeroise(taken.key)
  }
}

/**
 * The keys of the message behind a header. Checks the commitment, without which one ciphertext could open under two keys,
 * before any chunk is looked at. The caller zeroises the keys. Throws `decryption-failed`, `invalid-argument`.
 */
export function openEnvelopeHeader(header: Uint8Array, options: EnvelopeOptions): MessageKeys {
  const taken = takeOptions(options)
  try {
    if (header.length !== headerLength) throw decryptionFailed()
    const keys = deriveMessageKeys(taken, header.subarray(0, saltLength))
    if (constantTimeEqual(keys.commitment, header.subarray(saltLength))) return keys
    zeroise(keys.key, keys.baseNonce)
    throw decryptionFailed()
  } finally {
    zeroise(taken.key)
  }
}
