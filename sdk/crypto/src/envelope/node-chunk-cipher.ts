import type { NodeCrypto } from '../node-crypto.ts'
import type { ChunkCipher, ChunkCipherFactory } from './chunk-cipher.ts'
import { tagLength } from './format.ts'
import { chunkNonces } from './key-schedule.ts'

const algorithm = 'aes-256-gcm'
const authTagLength = { authTagLength: tagLength }

/** OpenSSL's AES-GCM. The key goes in as a KeyObject: given as bytes it is imported again for every chunk, at half speed. */
export function nodeChunkCipher(crypto: NodeCrypto): ChunkCipherFactory {
  return (keys): ChunkCipher => {
    const key = crypto.createSecretKey(keys.key)
    const nonceOf = chunkNonces(keys.baseNonce)
    const openNew = (index: number, sealed: Uint8Array): Buffer | undefined => {
      const end = sealed.length - tagLength
      const decipher = crypto.createDecipheriv(algorithm, key, nonceOf(index), authTagLength)
      decipher.setAuthTag(sealed.subarray(end))
      const opened = decipher.update(sealed.subarray(0, end))
      try {
        decipher.final()
        // Only now is it known to be authentic.
        return opened
      } catch {
        opened.fill(0)
        free(opened)
        return undefined
      }
    }
    return {
      seal(index, plaintext, sealed) {
        const cipher = crypto.createCipheriv(algorithm, key, nonceOf(index), authTagLength)
        const ciphertext = cipher.update(plaintext)
        cipher.final()
        sealed.set(ciphertext)
        sealed.set(cipher.getAuthTag(), plaintext.length)
        free(ciphertext)
      },
      open(index, sealed, plaintext) {
        const opened = openNew(index, sealed)
        if (opened === undefined) return false
        plaintext.set(opened)
        free(opened)
        return true
      },
      openNew,
      free,
    }
  }
}

/**
 * `update` allocates its result, 16 KiB a chunk. Detaching it gives the memory back at once instead of at the next
 * garbage collection: the next chunk gets the same, still cached, memory, and the process stays small. A third faster.
 */
function free(buffer: Uint8Array): void {
  const { buffer: memory } = buffer
  // Never a slab that others share.
  if (memory instanceof ArrayBuffer && memory.byteLength === buffer.length) memory.transfer(0)
}
