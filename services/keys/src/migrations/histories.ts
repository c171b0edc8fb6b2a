import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/**
 * What was shown of a slot: a key of its own, under the slot's wrapping keys, and entries that open under it alone. No
 * foreign key: see `keyAdministration`.
 */
export const historiesMigration: Migration = {
  name: 'keys-histories',
  async up(db) {
    for (const statement of [
      `create table histories (contract_id text not null, slot text not null, wrapping_version integer, suite text, sealed blob,
         closed_at integer, primary key (contract_id, slot), check ((sealed is null) = (closed_at is not null)))
         strict, without rowid`,
      `create table history_entries (contract_id text not null, slot text not null, sequence integer not null check (sequence >= 1),
         run_id text not null, entry blob not null, appended_at integer not null,
         primary key (contract_id, slot, sequence)) strict`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
