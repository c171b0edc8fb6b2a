import { type Migration, openStore, outboxMigration, type Store } from '@reinraum/kit'
import { sql } from 'kysely'

/** Times are milliseconds since 1970 on this service's own clock. */
export interface IngestionTables {
  uploads: {
    /** the manifest's id */
    id: string
    contract_id: string
    /** the Ed25519 key under which the contract names the slot's owner */
    owner_key: string
    /** SHA-256 of the ciphertext, as the manifest says */
    object_id: string
    /** ciphertext bytes, as the manifest says */
    length: number
    /** bytes that survive a power loss; never more than `length` */
    durable: number
    committed_at: number | null
    /** end of the contract's validity */
    expires_at: number
    updated_at: number
  }
}

export type IngestionStore = Store<IngestionTables>
export type UploadRow = IngestionTables['uploads']

const uploads: Migration = {
  name: 'ingestion-1',
  async up(db) {
    await sql
      .raw(`create table uploads (id text primary key, contract_id text not null, owner_key text not null, object_id text not null,
        length integer not null check (length >= 1), durable integer not null check (durable between 0 and length),
        committed_at integer, expires_at integer not null, updated_at integer not null,
        check (committed_at is null or durable = length)) strict, without rowid`)
      .execute(db)
    await sql.raw('create index uploads_open on uploads (contract_id, updated_at) where committed_at is null').execute(db)
    await sql.raw('create index uploads_by_object on uploads (object_id) where committed_at is not null').execute(db)
  },
}

export function openIngestionStore(file: string): Promise<IngestionStore> {
  return openStore<IngestionTables>(file, [outboxMigration, uploads])
}
