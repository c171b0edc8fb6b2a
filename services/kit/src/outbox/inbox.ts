import { sql, type Transaction } from 'kysely'
import type { Migration } from '../store/migrations.ts'
import type { Store } from '../store/store.ts'

// Longer than any stream keeps a message: after that nothing can be delivered again.
const rememberedMs = 31 * 24 * 3600 * 1000

export const inboxMigration: Migration = {
  name: 'kit-inbox-1',
  async up(db) {
    await db.schema
      .createTable('inbox')
      .addColumn('message_id', 'text', (c) => c.primaryKey())
      .addColumn('received_at', 'integer', (c) => c.notNull())
      .execute()
    await db.schema.createIndex('inbox_received_at').on('inbox').column('received_at').execute()
  },
}

/**
 * Runs `effect` in one transaction with the record that this message was received: a message that comes again has no
 * second effect, and one whose effect failed was not received. Returns whether it ran.
 */
export function receiveOnce<DB>(
  store: Store<DB>,
  messageId: string,
  effect: (trx: Transaction<DB>) => Promise<void>,
): Promise<boolean> {
  return store.transaction(async (trx) => {
    const now = Date.now()
    await sql`delete from inbox where received_at < ${now - rememberedMs}`.execute(trx)
    const recorded =
      await sql`insert into inbox (message_id, received_at) values (${messageId}, ${now}) on conflict do nothing returning message_id`.execute(
        trx,
      )
    if (recorded.rows.length === 0) return false
    await effect(trx)
    return true
  })
}
