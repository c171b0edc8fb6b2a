import { nodeCrypto } from '../node-crypto.ts'
import type { ChunkCipherFactory } from './chunk-cipher.ts'
import { nobleChunkCipher } from './noble-chunk-cipher.ts'
import { nodeChunkCipher } from './node-chunk-cipher.ts'

/** OpenSSL where the runtime has it, JavaScript elsewhere. */
export const defaultChunkCipher: ChunkCipherFactory = nodeCrypto === undefined ? nobleChunkCipher : nodeChunkCipher(nodeCrypto)
