import { type Migration, openStore, outboxMigration, type Store } from '@reinraum/kit'
import { sql } from 'kysely'

/** Times are milliseconds since 1970 on this service's own clock. */
export interface ReleaseTables {
  /** Deposits that are coming in, so that after a crash nothing of them stays. */
  incoming: { part: string; object: string }
  /** The deposit that stands for a run; written once, then only reviewed. */
  results: {
    run_id: string
    contract_id: string
    query_id: string
    receipt_id: string
    /** SHA-256 of the ciphertext */
    object: string
    /** ciphertext bytes */
    length: number
    state: ResultStateName
    /** reviews given so far: the position of the reviewer whose turn it is */
    reviewed: number
    /** JSON: SHA-256 of each gate layer, outermost first, as the receipt says */
    layers: string
    /** the outermost layer that is not opened yet */
    gate_layer: Uint8Array
    receipt_bundle: Uint8Array
    deposited_at: number
  }
  /** Who may see what of a result, as the contract and the run say. */
  result_parties: {
    run_id: string
    member: string
    /** the Ed25519 key under which the contract names the member */
    key: string
    recipient: 0 | 1
    /** position among the reviewers; null for who does not review */
    review_position: number | null
    inspection_key: Uint8Array | null
  }
}

export type ResultStateName = 'awaiting-review' | 'released' | 'rejected'
export type ReleaseStore = Store<ReleaseTables>
export type ResultRow = ReleaseTables['results']
export type PartyRow = ReleaseTables['result_parties']

const results: Migration = {
  name: 'release-1',
  async up(db) {
    for (const statement of [
      'create table incoming (part text primary key, object text not null) strict, without rowid',
      `create table results (run_id text primary key, contract_id text not null, query_id text not null, receipt_id text not null,
         object text not null, length integer not null check (length >= 1),
         state text not null check (state in ('awaiting-review', 'released', 'rejected')), reviewed integer not null,
         layers text not null, gate_layer blob not null, receipt_bundle blob not null, deposited_at integer not null) strict`,
      `create index results_awaiting on results (contract_id, deposited_at) where state = 'awaiting-review'`,
      'create index results_by_object on results (object)',
      `create table result_parties (run_id text not null references results (run_id), member text not null, key text not null,
         recipient integer not null check (recipient in (0, 1)), review_position integer, inspection_key blob,
         primary key (run_id, member), unique (run_id, key), unique (run_id, review_position)) strict, without rowid`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}

export function openReleaseStore(file: string): Promise<ReleaseStore> {
  return openStore<ReleaseTables>(file, [outboxMigration, results])
}
