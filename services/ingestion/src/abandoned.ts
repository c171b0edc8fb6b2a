import type { Ingestion } from './ingestion.ts'

/** Drops open uploads that nobody came back for, and those whose contract ended. One that cannot be dropped holds up no other. */
export async function dropAbandoned(ingestion: Ingestion): Promise<void> {
  const abandoned = await abandonedUploads(ingestion).execute()
  const dropped = await Promise.allSettled(abandoned.map(({ id }) => drop(ingestion, id)))
  for (const result of dropped) if (result.status === 'rejected') throw result.reason
}

async function drop(ingestion: Ingestion, id: string): Promise<void> {
  const turn = await ingestion.turns.take(id)
  try {
    const still = await abandonedUploads(ingestion).where('id', '=', id).executeTakeFirst()
    if (still !== undefined) await dropUpload(ingestion, id)
  } finally {
    turn.release()
  }
}

/** Forgets an upload and its bytes; for whoever has the turn. */
export async function dropUpload({ objects, store }: Ingestion, id: string): Promise<void> {
  // First the file: the row is what leads here again after a crash.
  await objects.discard(id)
  await store.db.deleteFrom('uploads').where('id', '=', id).execute()
}

function abandonedUploads({ store, limits, now }: Ingestion) {
  const time = now().getTime()
  return store.db
    .selectFrom('uploads')
    .select('id')
    .where('committed_at', 'is', null)
    .where((e) => e.or([e('updated_at', '<', time - limits.abandonedAfterMs), e('expires_at', '<', time)]))
}
