import { concatBytes, constantTimeEqual, zeroise } from '../bytes.ts'
import type { ChunkCipher, ChunkCipherFactory } from './chunk-cipher.ts'
import { defaultChunkCipher } from './default-chunk-cipher.ts'
import {
  chunkLength,
  decryptionFailed,
  type EnvelopeOptions,
  headerLength,
  saltLength,
  sealedChunkLength,
  tagLength,
  unsealedLength,
} from './format.ts'
import { deriveMessageKeys, takeOptions } from './key-schedule.ts'
import { type ByteSource, requireBytes } from './pieces.ts'

const batchChunks = 8

/** What tests choose to compare implementations; everyone else takes the default. */
export interface UnsealInternals {
  readonly cipher?: ChunkCipherFactory
}

/**
 * Unseals a stream. Yields only authenticated plaintext, in order and from its start; that the message is whole is
 * known only when the stream ends without an error. Throws `decryption-failed` for any other ciphertext, key or context.
 */
export function unsealStream(source: ByteSource, options: EnvelopeOptions): AsyncGenerator<Uint8Array> {
  return unsealStreamWith(source, options, {})
}

/** `unsealStream` with its cipher chosen by the caller. */
export function unsealStreamWith(
  source: ByteSource,
  options: EnvelopeOptions,
  internals: UnsealInternals,
): AsyncGenerator<Uint8Array> {
  return unsealPieces(source, takeOptions(options), internals)
}

/** Unseals bytes held in memory: all of them or, with `decryption-failed`, none. */
export function unseal(ciphertext: Uint8Array, options: EnvelopeOptions): Uint8Array {
  return unsealWith(ciphertext, options, {})
}

/** `unseal` with its cipher chosen by the caller. */
export function unsealWith(ciphertext: Uint8Array, options: EnvelopeOptions, internals: UnsealInternals): Uint8Array {
  const taken = takeOptions(options)
  const plaintext = new Uint8Array(unsealedLength(ciphertext.length))
  const cipher = openHeader(ciphertext.subarray(0, headerLength), taken, internals)
  for (let index = 0, at = headerLength; at < ciphertext.length; index += 1, at += sealedChunkLength) {
    const chunk = ciphertext.subarray(at, at + sealedChunkLength)
    const start = index * chunkLength
    if (cipher.open(index, chunk, plaintext.subarray(start, start + chunk.length - tagLength))) continue
    zeroise(plaintext)
    throw decryptionFailed()
  }
  return plaintext
}

/** Checks the commitment, without which one ciphertext could open under two keys, before any chunk is looked at. */
export function openHeader(header: Uint8Array, taken: EnvelopeOptions, internals: UnsealInternals): ChunkCipher {
  if (header.length !== headerLength) throw decryptionFailed()
  const keys = deriveMessageKeys(taken, header.subarray(0, saltLength))
  zeroise(taken.key)
  try {
    if (!constantTimeEqual(keys.commitment, header.subarray(saltLength))) throw decryptionFailed()
    return (internals.cipher ?? defaultChunkCipher)(keys)
  } finally {
    zeroise(keys.key, keys.baseNonce)
  }
}

async function* unsealPieces(source: ByteSource, taken: EnvelopeOptions, internals: UnsealInternals): AsyncGenerator<Uint8Array> {
  let cipher: ChunkCipher | undefined
  let header = new Uint8Array(0)
  const pending = new Uint8Array(sealedChunkLength)
  let pendingLength = 0
  let batch = new Uint8Array(batchChunks * chunkLength)
  let batchLength = 0
  let index = 0
  const openChunk = (open: ChunkCipher, chunk: Uint8Array): void => {
    const length = chunk.length - tagLength
    if (length < 0 || !open.open(index, chunk, batch.subarray(batchLength, batchLength + length))) throw decryptionFailed()
    batchLength += length
    index += 1
  }
  try {
    for await (const piece of source) {
      requireBytes(piece)
      let at = 0
      if (cipher === undefined) {
        at = Math.min(piece.length, headerLength - header.length)
        header = concatBytes(header, piece.subarray(0, at))
        if (header.length < headerLength) continue
        cipher = openHeader(header, taken, internals)
      }
      while (at < piece.length) {
        if (pendingLength === 0 && piece.length - at >= sealedChunkLength) {
          // A whole chunk lies in the piece: opened from where it is.
          openChunk(cipher, piece.subarray(at, at + sealedChunkLength))
          at += sealedChunkLength
        } else {
          const part = piece.subarray(at, at + sealedChunkLength - pendingLength)
          pending.set(part, pendingLength)
          pendingLength += part.length
          at += part.length
          if (pendingLength < sealedChunkLength) continue
          openChunk(cipher, pending)
          pendingLength = 0
        }
        if (batchLength < batch.length) continue
        yield batch
        batch = new Uint8Array(batchChunks * chunkLength)
        batchLength = 0
      }
    }
    // §Message chunking: only a chunk shorter than the others ends a message; without one it was truncated.
    if (cipher === undefined) throw decryptionFailed()
    openChunk(cipher, pending.subarray(0, pendingLength))
    yield batch.slice(0, batchLength)
  } finally {
    zeroise(taken.key)
  }
}
