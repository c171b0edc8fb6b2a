import { type Migration, openStore, outboxMigration, type Store } from '@reinraum/kit'
import { sql } from 'kysely'

/** Times are milliseconds since 1970 on this service's own clock. */
export interface IngestionTables {
  uploads: {
    /** made of the contract, the slot and a name that the slot's owner chose at random */
    id: string
    contract_id: string
    slot: string
    /** the Ed25519 key under which the contract names the slot's owner */
    owner_key: string
    /** bytes that survive a power loss; once a commit has begun, all that its manifest names */
    durable: number
    /** the manifest that its commit was asked for with; null before */
    manifest_id: string | null
    /** SHA-256 of the ciphertext, as that manifest says */
    object_id: string | null
    committed_at: number | null
    /** end of the contract's validity */
    expires_at: number
    updated_at: number
  }
}

export type IngestionStore = Store<IngestionTables>
export type UploadRow = IngestionTables['uploads']
/** An upload whose commit was asked for. */
export type CommittingRow = UploadRow & { readonly manifest_id: string; readonly object_id: string }

const uploads: Migration = {
  name: 'ingestion-1',
  async up(db) {
    await sql
      .raw(`create table uploads (id text primary key, contract_id text not null, slot text not null, owner_key text not null,
        durable integer not null check (durable >= 0), manifest_id text, object_id text, committed_at integer,
        expires_at integer not null, updated_at integer not null, check ((manifest_id is null) = (object_id is null)),
        check (committed_at is null or manifest_id is not null)) strict, without rowid`)
      .execute(db)
    await sql.raw('create index uploads_open on uploads (contract_id, updated_at) where committed_at is null').execute(db)
    await sql.raw('create index uploads_by_object on uploads (object_id) where committed_at is not null').execute(db)
  },
}

export function openIngestionStore(file: string): Promise<IngestionStore> {
  return openStore<IngestionTables>(file, [outboxMigration, uploads])
}
