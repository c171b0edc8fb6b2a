import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

export const recoveryMigration: Migration = {
  name: 'keys-recovery',
  async up(db) {
    for (const statement of [
      `create table restorations (restored_at integer not null, backup_created_at integer not null) strict`,
      `create table locks (contract_id text primary key, reason text not null check (reason in ('restored', 'set-back', 'forked')),
         since integer not null) strict, without rowid`,
      `create table presented_releases (contract_id text not null, sequence integer not null, id text not null,
         statement blob not null, primary key (contract_id, sequence, id)) strict, without rowid`,
      `create table log_confirmations (contract_id text not null, member text not null, sequence integer not null,
         release_id text not null, confirmed_at integer not null, primary key (contract_id, member)) strict, without rowid`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
