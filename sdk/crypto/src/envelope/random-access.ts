import { ReinraumError } from '../reinraum-error.ts'
import {
  chunkLength,
  decryptionFailed,
  type EnvelopeOptions,
  headerLength,
  sealedChunkLength,
  tagLength,
  unsealedLength,
} from './format.ts'
import { takeOptions } from './key-schedule.ts'
import { openHeader, type UnsealInternals } from './unseal.ts'

/** Reads exactly `length` bytes of the ciphertext from `offset`. */
export type ReadCiphertext = (offset: number, length: number) => Promise<Uint8Array>

/** A sealed message of which any range can be read. */
export interface RandomAccess {
  readonly plaintextLength: number
  /** The plaintext of a range; throws `invalid-argument` for a range that is not inside, `decryption-failed` otherwise. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Most ciphertext asked for at once: 1 MiB of plaintext. */
const batchChunks = 64

/**
 * Opens an envelope for random access. The commitment and the last chunk are checked first, so that `plaintextLength`
 * is authentic; each range read is authenticated on its own. Throws `decryption-failed`.
 */
export function openRandomAccess(
  read: ReadCiphertext,
  ciphertextLength: number,
  options: EnvelopeOptions,
): Promise<RandomAccess> {
  return openRandomAccessWith(read, ciphertextLength, options, {})
}

/** `openRandomAccess` with its cipher chosen by the caller. */
export async function openRandomAccessWith(
  read: ReadCiphertext,
  ciphertextLength: number,
  options: EnvelopeOptions,
  internals: UnsealInternals,
): Promise<RandomAccess> {
  const taken = takeOptions(options)
  const plaintextLength = unsealedLength(ciphertextLength)
  const chunks = Math.floor(plaintextLength / chunkLength) + 1
  const cipher = openHeader(await readExactly(read, 0, headerLength), taken, internals)

  /** Plaintext of the chunks `first` to `last`, both included. */
  const openChunks = async (first: number, last: number): Promise<Uint8Array> => {
    const start = headerLength + first * sealedChunkLength
    const end = Math.min(headerLength + (last + 1) * sealedChunkLength, ciphertextLength)
    const sealed = await readExactly(read, start, end - start)
    const opened = new Uint8Array(sealed.length - (last - first + 1) * tagLength)
    for (let index = first; index <= last; index += 1) {
      const at = index - first
      const chunk = sealed.subarray(at * sealedChunkLength, (at + 1) * sealedChunkLength)
      const target = opened.subarray(at * chunkLength, at * chunkLength + chunk.length - tagLength)
      if (!cipher.open(index, chunk, target)) throw decryptionFailed()
    }
    return opened
  }

  // §Implementation notes: the last chunk authenticates the length.
  await openChunks(chunks - 1, chunks - 1)

  return {
    plaintextLength,
    async read(offset, length) {
      const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
      if (!inside || offset + length > plaintextLength) {
        throw new ReinraumError('invalid-argument', 'the range is not inside the plaintext')
      }
      const plaintext = new Uint8Array(length)
      let at = 0
      while (at < length) {
        const first = Math.floor((offset + at) / chunkLength)
        const last = Math.min(first + batchChunks - 1, Math.floor((offset + length - 1) / chunkLength))
        const opened = await openChunks(first, last)
        const skip = offset + at - first * chunkLength
        const part = opened.subarray(skip, skip + length - at)
        plaintext.set(part, at)
        at += part.length
      }
      return plaintext
    },
  }
}

async function readExactly(read: ReadCiphertext, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await read(offset, length)
  if (!(bytes instanceof Uint8Array) || bytes.length !== length) throw decryptionFailed()
  return bytes
}
