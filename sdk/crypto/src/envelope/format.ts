import { ReinraumError } from '../reinraum-error.ts'

/**
 * The envelope of datasets and results: C2SP chunked encryption (c2sp.org/chunked-encryption), instantiation
 * Cobblestone-256. Ciphertext = salt (24) ‖ commitment (32) ‖ chunks of 16 KiB, each followed by its tag; the last chunk
 * is always shorter, possibly empty, and that is what marks the end.
 */
export const keyLength = 32
export const saltLength = 24
export const commitmentLength = 32
export const headerLength = saltLength + commitmentLength
export const nonceLength = 12
export const tagLength = 16
export const chunkLength = 16 * 1024
export const sealedChunkLength = chunkLength + tagLength
/** Lengths in bytes, for whoever cuts an envelope into chunks itself. */
export const envelopeLayout = { headerLength, chunkLength, sealedChunkLength, tagLength } as const
/** §Message chunking: never 2^38 chunks. Lengths stay below 2^53, so every offset is an exact number. */
export const maxChunks = 2 ** 38

/** What opens an envelope: a uniformly random 256-bit key used for this purpose only, and what the bytes belong to. */
export interface EnvelopeOptions {
  readonly key: Uint8Array
  readonly context: Uint8Array
}

/** The one error for every ciphertext that is not exactly what was sealed. */
export function decryptionFailed(cause?: unknown): ReinraumError {
  return new ReinraumError('decryption-failed', 'the ciphertext does not open with this key and context', { cause })
}

/** Length of the envelope around `plaintextLength` bytes. Throws `invalid-argument` for what is not a length. */
export function sealedLength(plaintextLength: number): number {
  if (!Number.isSafeInteger(plaintextLength) || plaintextLength < 0 || plaintextLength >= maxChunks * chunkLength) {
    throw new ReinraumError('invalid-argument', 'not a length that can be sealed')
  }
  return headerLength + plaintextLength + tagLength * (Math.floor(plaintextLength / chunkLength) + 1)
}

/**
 * Length of the plaintext inside an envelope of `length` bytes. Throws `decryption-failed` for a length that no
 * envelope has: a cut header, a cut tag, or a full last chunk, which is a truncated message.
 */
export function unsealedLength(length: number): number {
  const body = length - headerLength
  const fullChunks = Math.floor(body / sealedChunkLength)
  const last = body - fullChunks * sealedChunkLength
  if (!Number.isSafeInteger(length) || body < 0 || last < tagLength || fullChunks >= maxChunks) throw decryptionFailed()
  return fullChunks * chunkLength + last - tagLength
}
