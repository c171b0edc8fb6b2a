import { ReinraumError } from '@reinraum/crypto'
import type { Ingestion } from './ingestion.ts'

/**
 * The length of a committed object. The database decides what is readable: a file can be in its place before that.
 * @throws ReinraumError `not-found`
 */
export async function readableLength({ store }: Ingestion, objectId: string): Promise<number> {
  const object = await store.db
    .selectFrom('uploads')
    .select('durable')
    .where('object_id', '=', objectId)
    .where('committed_at', 'is not', null)
    .executeTakeFirst()
  if (object === undefined) throw new ReinraumError('not-found', 'no such object')
  return object.durable
}
