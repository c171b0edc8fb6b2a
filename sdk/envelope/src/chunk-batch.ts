import { type ChunkCipher, decryptionFailed, envelopeLayout } from '@reinraum/crypto'

const { chunkLength, sealedChunkLength, tagLength } = envelopeLayout

/** Opens whole chunks from `first` on into `plaintext`: all of them or, with `decryption-failed` and zeros there, none. */
export function openBatch(cipher: ChunkCipher, first: number, sealed: Uint8Array, plaintext: Uint8Array): void {
  for (let index = first, at = 0, to = 0; at < sealed.length; index += 1, at += sealedChunkLength, to += chunkLength) {
    const chunk = sealed.subarray(at, at + sealedChunkLength)
    const isWhole = chunk.length >= tagLength
    if (isWhole && cipher.open(index, chunk, plaintext.subarray(to, to + chunk.length - tagLength))) continue
    plaintext.fill(0)
    throw decryptionFailed()
  }
}

/**
 * Opens whole chunks from `first` on and lends them to `use`: all of them or, with `decryption-failed`, none. Their memory is given
 * back after that.
 */
export function openApart(
  cipher: ChunkCipher,
  first: number,
  sealed: Uint8Array,
  use: (opened: readonly Uint8Array[]) => void,
): void {
  const opened: Uint8Array[] = []
  try {
    for (let index = first, at = 0; at < sealed.length; index += 1, at += sealedChunkLength) {
      const chunk = sealed.subarray(at, at + sealedChunkLength)
      const plaintext = chunk.length < tagLength ? undefined : cipher.openNew(index, chunk)
      if (plaintext === undefined) throw decryptionFailed()
      opened.push(plaintext)
    }
    use(opened)
  } finally {
    for (const plaintext of opened) cipher.free(plaintext)
  }
}

/**
 * Seals chunks from `first` on; with `last`, the message ends here, in a chunk shorter than the others.
 * @param into memory that has room for it
 * @returns what was written of it
 */
export function sealBatch(
  cipher: ChunkCipher,
  first: number,
  plaintext: Uint8Array,
  last: boolean,
  into: ArrayBuffer,
): Uint8Array<ArrayBuffer> {
  const chunks = Math.floor(plaintext.length / chunkLength) + (last ? 1 : 0)
  const sealed = new Uint8Array(into, 0, plaintext.length + chunks * tagLength)
  for (let index = 0; index < chunks; index += 1) {
    const chunk = plaintext.subarray(index * chunkLength, (index + 1) * chunkLength)
    const at = index * sealedChunkLength
    cipher.seal(first + index, chunk, sealed.subarray(at, at + chunk.length + tagLength))
  }
  return sealed
}

/** Bytes of plaintext in whole chunks of `length` bytes of ciphertext, of which only the last one may be short. */
export function openedLength(length: number): number {
  return length - Math.ceil(length / sealedChunkLength) * tagLength
}
