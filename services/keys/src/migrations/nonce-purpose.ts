import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** A nonce is not always for a run any more. */
export const noncePurpose: Migration = {
  name: 'keys-nonce-purpose',
  async up(db) {
    await sql.raw('alter table nonces rename column run_id to purpose').execute(db)
    await sql.raw('create index nonces_by_purpose on nonces (purpose, issued_at)').execute(db)
  },
}
