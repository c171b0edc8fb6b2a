import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** What access budgets count by: which slot a released key was of. */
export const accessBudgets: Migration = {
  name: 'keys-access-budgets',
  async up(db) {
    for (const statement of [
      `alter table released_keys add column slot text`,
      `update released_keys set slot = (select slot from data_keys
         where data_keys.contract_id = released_keys.contract_id and data_keys.manifest_id = released_keys.manifest_id)`,
      `create index released_keys_by_slot on released_keys (contract_id, slot, released_at)`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
