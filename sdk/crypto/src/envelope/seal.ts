import { zeroise } from '../bytes.ts'
import { batchChunks, createBatch } from './batch.ts'
import type { ChunkCipher, ChunkCipherFactory } from './chunk-cipher.ts'
import { type ByteSource, createChunker, requireBytes } from './chunker.ts'
import { defaultChunkCipher } from './default-chunk-cipher.ts'
import { chunkLength, type EnvelopeOptions, headerLength, sealedChunkLength, sealedLength, tagLength } from './format.ts'
import { beginEnvelope, beginEnvelopeWith } from './header.ts'

/** What tests fix to compare implementations and vectors; everyone else takes the defaults. */
export interface SealInternals {
  readonly salt?: Uint8Array
  readonly cipher?: ChunkCipherFactory
}

/**
 * Seals a stream (C2SP chunked encryption, Cobblestone-256) with a fresh salt. Memory is constant. Each piece yielded
 * is the consumer's own. Throws `invalid-argument` at the call for a key of the wrong size.
 */
export function sealStream(source: ByteSource, options: EnvelopeOptions): AsyncGenerator<Uint8Array> {
  return sealStreamWith(source, options, {})
}

/** `sealStream` with its salt and cipher chosen by the caller. A salt used twice with one key reveals both messages. */
export function sealStreamWith(
  source: ByteSource,
  options: EnvelopeOptions,
  internals: SealInternals,
): AsyncGenerator<Uint8Array> {
  const { header, cipher } = begin(options, internals)
  return sealPieces(source, header, cipher)
}

/** Seals bytes held in memory. Same format as `sealStream`. */
export function seal(plaintext: Uint8Array, options: EnvelopeOptions): Uint8Array {
  return sealWith(plaintext, options, {})
}

/** `seal` with its salt and cipher chosen by the caller. */
export function sealWith(plaintext: Uint8Array, options: EnvelopeOptions, internals: SealInternals): Uint8Array {
  const { header, cipher } = begin(options, internals)
  const sealed = new Uint8Array(sealedLength(plaintext.length))
  sealed.set(header)
  let at = headerLength
  for (let index = 0; at < sealed.length; index += 1) {
    const chunk = plaintext.subarray(index * chunkLength, (index + 1) * chunkLength)
    cipher.seal(index, chunk, sealed.subarray(at, at + chunk.length + tagLength))
    at += chunk.length + tagLength
  }
  return sealed
}

function begin(options: EnvelopeOptions, internals: SealInternals) {
  const { header, keys } = internals.salt === undefined ? beginEnvelope(options) : beginEnvelopeWith(options, internals.salt)
  const cipher = (internals.cipher ?? defaultChunkCipher)(keys)
  zeroise(keys.key, keys.baseNonce)
  return { header, cipher }
}

async function* sealPieces(source: ByteSource, header: Uint8Array, cipher: ChunkCipher): AsyncGenerator<Uint8Array> {
  yield header
  const chunker = createChunker(chunkLength)
  const batch = createBatch(batchChunks * sealedChunkLength)
  let index = 0
  try {
    for await (const piece of source) {
      requireBytes(piece)
      for (const chunk of chunker.push(piece)) {
        cipher.seal(index++, chunk, batch.reserve(sealedChunkLength))
        if (batch.isFull) yield batch.take()
      }
    }
    // §Message chunking: the last chunk is always shorter than the others, and empty if need be.
    const last = chunker.rest()
    cipher.seal(index, last, batch.reserve(last.length + tagLength))
    yield batch.take()
  } finally {
    chunker.wipe()
  }
}
