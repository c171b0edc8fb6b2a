import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** What quotas count by: who brought a contract here first, and when something was denied. */
export const quotas: Migration = {
  name: 'keys-quotas',
  async up(db) {
    for (const statement of [
      `create table contract_introductions (contract_id text primary key references contracts (id), "by" text not null) strict`,
      `create index contract_introductions_by on contract_introductions ("by")`,
      `create index releases_denied on releases (decided_at, contract_id) where decision = 'denied'`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
