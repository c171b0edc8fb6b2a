import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import type { ObjectService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Ingestion } from '../ingestion.ts'
import { readableLength } from '../readable-object.ts'

export function readObject(ingestion: Ingestion): Handlers<typeof ObjectService>['readObject'] {
  return async function* ({ objectId, offset, length }) {
    const total = BigInt(await readableLength(ingestion, objectId))
    // In big integers: a 64-bit number from outside is compared before it is made a number of ours.
    if (offset > total || length > total - offset)
      throw new ReinraumError('invalid-argument', 'the range is not inside the object')
    const range = { offset: Number(offset), length: Number(length === 0n ? total - offset : length) }
    try {
      for await (const data of ingestion.objects.read(objectId, range)) yield { data }
    } catch (cause) {
      // The range fits what was committed, so what lies there is no longer that.
      if (!isReinraumError(cause) || cause.code !== 'invalid-argument') throw cause
      throw new ReinraumError('ciphertext-mismatch', 'the stored object is shorter than what was committed', { cause })
    }
  }
}
