import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/**
 * Suites of keys at rest, minimum versions, destructions, and the log of acts. No foreign key leads to or from
 * `wrapping_keys` any more: only then does SQLite empty the table page by page (lang_delete.html §3), on which erasure rests.
 */
export const keyAdministration: Migration = {
  name: 'keys-administration',
  async up(db) {
    for (const statement of [
      `create table wrapping_keys_with_suite (contract_id text not null, slot text not null,
         version integer not null check (version >= 1), suite text not null, seals text not null, wrapped blob not null,
         created_at integer not null, primary key (contract_id, slot, version)) strict, without rowid`,
      `insert into wrapping_keys_with_suite
         select contract_id, slot, version, 'A256KWP', 'A256KWP', wrapped, created_at from wrapping_keys`,
      `create table data_keys_with_suite (contract_id text not null, slot text not null, manifest_id text not null,
         key_id text not null, owner text not null, wrapping_version integer not null, suite text not null, sealed blob not null,
         imported_at integer not null, primary key (contract_id, manifest_id), unique (contract_id, slot, key_id))
         strict, without rowid`,
      `insert into data_keys_with_suite select contract_id, slot, manifest_id, key_id, owner, wrapping_version,
         'A256KWP', sealed, imported_at from data_keys`,
      `drop table data_keys`,
      `drop table wrapping_keys`,
      `alter table wrapping_keys_with_suite rename to wrapping_keys`,
      `alter table data_keys_with_suite rename to data_keys`,
      `create index data_keys_by_wrapping_key on data_keys (contract_id, slot, wrapping_version)`,
      `create table minimum_versions (contract_id text not null, slot text not null, version integer not null check (version >= 1),
         primary key (contract_id, slot)) strict, without rowid`,
      `create table destructions (contract_id text not null, manifest_id text not null, slot text not null, key_id text not null,
         owner text not null, imported_at integer not null, scheduled_key text not null, scheduled_at integer not null,
         due_at integer not null, destroyed_at integer, primary key (contract_id, manifest_id)) strict, without rowid`,
      `create index destructions_by_due on destructions (due_at) where destroyed_at is null`,
      `create table administration (contract_id text not null, sequence integer not null check (sequence >= 1),
         id text not null unique, statement blob not null, acted_at integer not null,
         primary key (contract_id, sequence)) strict, without rowid`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
