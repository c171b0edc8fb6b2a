import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { CiphertextSource } from '@reinraum/envelope'
import { type ObjectsConfig, objectFile, openObjectReader } from '@reinraum/kit'
import type { ObjectService } from '@reinraum/proto'
import type { Client } from '@reinraum/rpc'

/**
 * Where ciphertext lies: the object that a manifest names, by range or as a file of this machine. Opening it reads nothing, and
 * what it gives is not believed: the envelope authenticates every chunk. Reading throws `not-found`, `invalid-argument` for a
 * range that is not inside the object, and whatever a store throws.
 */
export type OpenCiphertext = (objectId: string) => CiphertextSource

/**
 * What lies between two ranges is taken along up to here, in bytes: to ask once more takes longer than to decrypt it. A file of
 * this machine is not asked.
 */
export function gapOf(source: CiphertextSource): number {
  return 'read' in source ? 256 * 1024 : 32 * 1024
}

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
 * Where the ingestion service keeps it: a file is left to the threads, which read it themselves; a bucket is asked for ranges,
 * with credentials that need allow no more than reading.
 */
export async function keptCiphertext(config: ObjectsConfig): Promise<OpenCiphertext> {
  if (config.kind === 'folder') return (objectId) => ({ file: objectFile(config.path, objectId) })
  const objects = await openObjectReader(config)
  return (objectId) => ({ read: (offset, length, signal) => objects.read(objectId, { offset, length }, { signal }) })
}

/**
 * The same source, for ranges inside the length that the signed manifest states: one that is not inside the object says that it is
 * no longer whole. That a source gives as much as is asked for is seen to where the envelope is opened.
 */
export function asStated(source: CiphertextSource): CiphertextSource {
  if (!('read' in source)) return source
  return {
    async *read(offset, length, signal) {
      try {
        yield* source.read(offset, length, signal)
      } catch (cause) {
        if (!isReinraumError(cause) || cause.code !== 'invalid-argument') throw cause
        throw new ReinraumError('ciphertext-mismatch', 'the ciphertext is shorter than its manifest says', { cause })
      }
    },
  }
}
