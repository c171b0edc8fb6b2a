import type { Migration } from '@reinraum/kit'
import { sql } from 'kysely'

/** All of a holder's public keys, by fingerprint: the key that a share is sealed to counts as much as the name. */
export const holdersKeys: Migration = {
  name: 'keys-holders-keys',
  async up(db) {
    await sql.raw(`alter table unseal_shares add column fingerprint text not null default ''`).execute(db)
  },
}
