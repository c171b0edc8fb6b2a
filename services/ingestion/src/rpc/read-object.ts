import type { ObjectService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Ingestion } from '../ingestion.ts'
import { readableLength } from '../readable-object.ts'

/** The object store refuses a range that is not inside the object, and any number too large to be one. */
export function readObject(ingestion: Ingestion): Handlers<typeof ObjectService>['readObject'] {
  return async function* ({ objectId, offset, length }) {
    await readableLength(ingestion, objectId)
    const range = { offset: Number(offset), ...(length === 0n ? {} : { length: Number(length) }) }
    for await (const data of ingestion.objects.read(objectId, range)) yield { data }
  }
}
