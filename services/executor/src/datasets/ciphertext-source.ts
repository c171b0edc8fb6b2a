import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { ObjectService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'

/** Ciphertext of one object, by range. What it gives is not believed: the envelope authenticates every chunk. */
export interface CiphertextSource {
  /**
   * The bytes from `offset`, in pieces of any length; several ranges may be read at once.
   * @throws ReinraumError `not-found`; `invalid-argument` for a range that is not inside the object; what its store throws
   */
  read(offset: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Where ciphertext lies: the object that a manifest names. Opening it reads nothing. */
export type OpenCiphertext = (objectId: string) => CiphertextSource

/** Through the ingestion service. */
export function ingestedCiphertext(objects: Client<typeof ObjectService>): OpenCiphertext {
  return (objectId) => ({
    async *read(offset, length, signal) {
      const range = { objectId, offset: BigInt(offset), length: BigInt(length) }
      for await (const { data } of objects.readObject(range, { signal })) yield data
    },
  })
}

/**
 * A source that gives exactly what is asked for, or fails. Ranges are inside the length that the signed manifest states.
 * @throws ReinraumError `ciphertext-mismatch` where the object has other bytes than that, and what the source throws
 */
export function exactly(source: CiphertextSource): CiphertextSource {
  return {
    async *read(offset, length, signal) {
      let received = 0
      try {
        for await (const bytes of source.read(offset, length, signal)) {
          received += bytes.length
          if (received > length) break
          yield bytes
        }
      } catch (cause) {
        if (!isReinraumError(cause) || cause.code !== 'invalid-argument') throw cause
        throw new ReinraumError('ciphertext-mismatch', 'the ciphertext is shorter than its manifest says', { cause })
      }
      signal.throwIfAborted()
      if (received !== length) throw new ReinraumError('ciphertext-mismatch', 'the object store gave another range')
    },
  }
}
