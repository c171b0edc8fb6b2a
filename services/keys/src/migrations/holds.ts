import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** What runs have had held, one row per run; it stays until the run ends, to count how often. */
export const holdsMigration: Migration = {
  name: 'keys-holds',
  async up(db) {
    for (const statement of [
      `create table holds (run_id text primary key, contract_id text not null, "by" text not null, takes text not null,
         times integer not null check (times >= 1), expires_at integer not null, ends_at integer not null) strict, without rowid`,
      `create index holds_by_expiry on holds (expires_at)`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
