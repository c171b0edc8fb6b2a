import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { CiphertextSource } from '@reinraum/envelope'
import type { ObjectService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'

/**
 * Where ciphertext lies: the object that a manifest names, by range or as a file of this machine. Opening it reads nothing, and what it
 * gives is not believed: the envelope authenticates every chunk. Reading throws `not-found`, `invalid-argument` for a range that
 * is not inside the object, and whatever a store throws.
 */
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
 * A source that gives exactly what is asked for, or says why not. Ranges are inside the length that the signed manifest states.
 * @throws ReinraumError `ciphertext-mismatch` where the object has other bytes than that, and what the source throws
 */
export function exactly(source: CiphertextSource): CiphertextSource {
  if (!('read' in source)) return source
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
