import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** Under which root key a store is, and the shares of one that people hold. */
export const rootKeyTables: Migration = {
  name: 'keys-root-key',
  async up(db) {
    for (const statement of [
      `create table root_key (id integer primary key check (id = 1), kind text not null,
         threshold integer check (threshold between 2 and 8), key_check blob) strict`,
      // Before there was a choice, it was a file.
      `insert into root_key (id, kind) select 1, 'file' from identity`,
      `create table unseal_shares (holder text primary key, sealed blob not null, commitment blob not null) strict, without rowid`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}
