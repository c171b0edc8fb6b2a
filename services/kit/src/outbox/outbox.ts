import { randomUUID } from 'node:crypto'
import { type QueryExecutorProvider, sql } from 'kysely'
import { eventFrom, type OutgoingEvent } from '../bus/event.ts'
import type { Migration } from '../store/migrations.ts'

export const outboxMigration: Migration = {
  name: 'kit-outbox-1',
  async up(db) {
    await db.schema
      .createTable('outbox')
      .addColumn('sequence', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('id', 'text', (c) => c.notNull().unique())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('body', 'blob', (c) => c.notNull())
      .addColumn('time', 'integer', (c) => c.notNull())
      .execute()
  },
}

/** An event without an id or a time gets a fresh one. */
export type EnqueuedEvent = Pick<OutgoingEvent, 'subject' | 'body'> & Partial<OutgoingEvent>

/**
 * Writes an event beside the state it speaks of: pass the transaction that changes the state. The relay sends it.
 * @throws ReinraumError `invalid-argument` when subject and body do not fit each other
 */
export async function enqueue(trx: QueryExecutorProvider, event: EnqueuedEvent): Promise<void> {
  const { id, subject, body, time } = eventFrom({ ...event, id: event.id ?? randomUUID(), time: event.time ?? new Date() })
  await sql`insert into outbox (id, subject, body, time) values (${id}, ${subject}, ${body}, ${time.getTime()})`.execute(trx)
}
