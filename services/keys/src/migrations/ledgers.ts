import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/**
 * What was spent of datasets whose rules ask for noise. Entries are appended, one after the other, and never change: the digest of
 * each commits to all before it, and `seal` says that this service made it. `ledger_contracts` says under which contracts the data
 * of a ledger was brought here. No foreign keys: a ledger outlives keys and contracts.
 */
export const ledgersMigration: Migration = {
  name: 'keys-ledgers',
  async up(db) {
    for (const statement of [
      `create table ledger_entries (ledger text not null, sequence integer not null check (sequence >= 1), previous text not null,
         digest text not null, seal blob not null, owner text not null, dataset text not null, period integer not null,
         charge_epsilon integer not null check (charge_epsilon >= 0), charge_delta integer not null check (charge_delta >= 0),
         charged_epsilon integer not null, charged_delta integer not null,
         spent_epsilon integer not null check (spent_epsilon >= charged_epsilon),
         spent_delta integer not null check (spent_delta >= charged_delta),
         contract_id text not null, run_id text not null, slot text not null, manifest_id text not null, decided_at integer not null,
         origin_digest text, origin_epsilon integer, origin_delta integer, primary key (ledger, sequence),
         check ((origin_digest is null) = (origin_epsilon is null) and (origin_digest is null) = (origin_delta is null)))
         strict, without rowid`,
      `create unique index ledger_entries_by_digest on ledger_entries (ledger, digest)`,
      `create unique index ledger_entries_by_origin on ledger_entries (ledger, origin_digest) where origin_digest is not null`,
      `create index ledgers_by_dataset on ledger_entries (owner, dataset) where sequence = 1`,
      `create trigger ledger_entries_follow before insert on ledger_entries
         when new.sequence <> (select coalesce(max(sequence), 0) + 1 from ledger_entries where ledger = new.ledger) begin
         select raise(abort, 'a ledger is appended to');
       end`,
      `create trigger ledger_entries_stay before update on ledger_entries begin
         select raise(abort, 'a ledger entry does not change');
       end`,
      `create trigger ledger_entries_remain before delete on ledger_entries begin
         select raise(abort, 'a ledger entry is not taken back');
       end`,
      `create table ledger_contracts (ledger text not null, contract_id text not null, primary key (ledger, contract_id))
         strict, without rowid`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
