import { concatBytes, zeroise } from '../bytes.ts'
import { batchChunks, createBatch } from './batch.ts'
import type { ChunkCipher, ChunkCipherFactory } from './chunk-cipher.ts'
import { type ByteSource, createChunker, requireBytes } from './chunker.ts'
import { defaultChunkCipher } from './default-chunk-cipher.ts'
import {
  chunkLength,
  decryptionFailed,
  type EnvelopeOptions,
  headerLength,
  sealedChunkLength,
  tagLength,
  unsealedLength,
} from './format.ts'
import { openEnvelopeHeader } from './header.ts'
import { takeOptions } from './key-schedule.ts'

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

/** The cipher behind a header whose commitment holds. */
export function openHeader(header: Uint8Array, taken: EnvelopeOptions, internals: UnsealInternals): ChunkCipher {
  try {
    const keys = openEnvelopeHeader(header, taken)
    const cipher = (internals.cipher ?? defaultChunkCipher)(keys)
    zeroise(keys.key, keys.baseNonce)
    return cipher
  } finally {
    zeroise(taken.key)
  }
}

async function* unsealPieces(source: ByteSource, taken: EnvelopeOptions, internals: UnsealInternals): AsyncGenerator<Uint8Array> {
  const chunker = createChunker(sealedChunkLength)
  const batch = createBatch(batchChunks * chunkLength)
  let header = new Uint8Array(0)
  let cipher: ChunkCipher | undefined
  let index = 0
  try {
    for await (const piece of source) {
      requireBytes(piece)
      const missing = Math.min(piece.length, headerLength - header.length)
      if (missing > 0) header = concatBytes(header, piece.subarray(0, missing))
      if (header.length < headerLength) continue
      cipher ??= openHeader(header, taken, internals)
      for (const chunk of chunker.push(piece.subarray(missing))) {
        // A chunk of full length is never the last one, so there is nothing to wait for.
        if (!cipher.open(index++, chunk, batch.reserve(chunkLength))) throw decryptionFailed()
        if (batch.isFull) yield batch.take()
      }
    }
    // §Message chunking: only a chunk shorter than the others ends a message; without one it was truncated.
    const last = chunker.rest()
    if (cipher === undefined || last.length < tagLength) throw decryptionFailed()
    if (!cipher.open(index, last, batch.reserve(last.length - tagLength))) throw decryptionFailed()
    const end = batch.take()
    if (end.length > 0) yield end
  } finally {
    zeroise(taken.key)
    batch.wipe()
  }
}
