import type { ObjectService } from '@reinraum/proto'
import type { Handlers } from '@reinraum/rpc'
import type { Ingestion } from '../ingestion.ts'
import { readableLength } from '../readable-object.ts'

export function statObject(ingestion: Ingestion): Handlers<typeof ObjectService>['statObject'] {
  return async ({ objectId }) => ({ length: BigInt(await readableLength(ingestion, objectId)) })
}
