import { gcm } from '@noble/ciphers/aes.js'
import type { ChunkCipher } from './chunk-cipher.ts'
import { chunkNonces, type MessageKeys } from './key-schedule.ts'

/** AES-GCM in JavaScript, for browsers; some thirty times slower than OpenSSL's. */
export function nobleChunkCipher(keys: MessageKeys): ChunkCipher {
  const key = new Uint8Array(keys.key)
  const nonceOf = chunkNonces(keys.baseNonce)
  const openNew = (index: number, sealed: Uint8Array) => {
    try {
      // Checks the tag before it decrypts anything.
      return gcm(key, nonceOf(index)).decrypt(sealed)
    } catch {
      return undefined
    }
  }
  return {
    seal(index, plaintext, sealed) {
      sealed.set(gcm(key, nonceOf(index)).encrypt(plaintext))
    },
    open(index, sealed, plaintext) {
      const opened = openNew(index, sealed)
      if (opened === undefined) return false
      plaintext.set(opened)
      return true
    },
    openNew,
    free: () => {},
  }
}
