import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** RSA keys to which HSMs wrap. Of one that has ended only its row stays, so that its version never names another. */
export const importKeysMigration: Migration = {
  name: 'keys-import-keys',
  async up(db) {
    await sql
      .raw(
        `create table import_keys (version integer primary key check (version >= 1), statement blob not null,
           wrapped_key blob, sealed blob, check ((wrapped_key is null) = (sealed is null))) strict`,
      )
      .execute(db)
  },
}
