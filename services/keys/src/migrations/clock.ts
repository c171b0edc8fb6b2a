import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** Of a store that was written before there was a clock's mark, the newest time in it is one. */
export const clockMigration: Migration = {
  name: 'keys-clock',
  async up(db) {
    await sql`create table clock (id integer primary key check (id = 1), newest integer not null) strict`.execute(db)
    await sql`insert into clock (id, newest) select 1, max(decided_at) from releases having max(decided_at) is not null`.execute(
      db,
    )
  },
}
