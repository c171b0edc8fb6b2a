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
    if (still === undefined) return
    // First the file: the row is what leads here again after a crash.
    await ingestion.objects.discard(id)
    await ingestion.store.db.deleteFrom('uploads').where('id', '=', id).execute()
  } finally {
    turn.release()
  }
}

function abandonedUploads({ store, limits, now }: Ingestion) {
  const time = now().getTime()
  return store.db
    .selectFrom('uploads')
    .select('id')
    .where('committed_at', 'is', null)
    .where((e) => e.or([e('updated_at', '<', time - limits.abandonedAfterMs), e('expires_at', '<', time)]))
}
