import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

export const workloadIdentities: Migration = {
  name: 'keys-workload-identities',
  async up(db) {
    for (const statement of [
      `create table workload_authorities (id text primary key, certificate blob not null, wrapped_key blob not null,
         sealed blob not null, not_after integer not null) strict`,
      `create table workload_identities (serial text primary key, contract_id text not null references contracts (id),
         caller text not null, key text not null, evidence text not null, hardware integer not null, authority text not null,
         issued_at integer not null, not_after integer not null) strict`,
      `create index workload_identities_by_contract on workload_identities (contract_id, issued_at)`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
