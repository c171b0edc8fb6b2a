import { inboxMigration, type Migration, openStore, outboxMigration, type Store, type Transaction } from '@reinraum/kit'
import { sql } from 'kysely'
import { accessBudgets } from './migrations/access-budgets.ts'
import { clockMigration } from './migrations/clock.ts'
import { countedRuns } from './migrations/counted-runs.ts'
import { historiesMigration } from './migrations/histories.ts'
import { holdersKeys } from './migrations/holders-keys.ts'
import { holdsMigration } from './migrations/holds.ts'
import { importKeysMigration } from './migrations/import-keys.ts'
import { keyAdministration } from './migrations/key-administration.ts'
import { ledgersMigration } from './migrations/ledgers.ts'
import { noncePurpose } from './migrations/nonce-purpose.ts'
import { quotas } from './migrations/quotas.ts'
import { recoveryMigration } from './migrations/recovery.ts'
import { rootKeyTables } from './migrations/root-key.ts'
import { workloadIdentities } from './migrations/workload-identities.ts'
import type { RootKeyKind } from './root-key/root-key.ts'

/** Times are milliseconds since 1970 on this service's own clock. Nothing here opens without the root key. */
export interface KeysDatabase {
  /** this service's own identity; one row */
  identity: { id: number; wrapped_key: Uint8Array; sealed: Uint8Array }
  /** the root key that all of this is wrapped under; `threshold` and `key_check` of shares only; one row */
  root_key: { id: number; kind: RootKeyKind; threshold: number | null; key_check: Uint8Array | null }
  /**
   * shares of the root key, each sealed to its holder (Ed25519 public key, base64url; fingerprint of all its keys), and
   * a commitment to each
   */
  unseal_shares: { holder: string; sealed: Uint8Array; commitment: Uint8Array; fingerprint: string }
  /** contracts that name this service, as every member signed them */
  contracts: { id: string; statement: Uint8Array; known_since: number }
  /** L1 under L0; `suite` is how it is wrapped, `seals` how it seals */
  wrapping_keys: {
    contract_id: string
    slot: string
    version: number
    suite: string
    seals: string
    wrapped: Uint8Array
    created_at: number
  }
  /** L2 under L1 */
  data_keys: {
    contract_id: string
    slot: string
    manifest_id: string
    key_id: string
    owner: string
    wrapping_version: number
    suite: string
    sealed: Uint8Array
    imported_at: number
  }
  /** keys of a slot under an older version of L1 are not released */
  minimum_versions: { contract_id: string; slot: string; version: number }
  /** keys that are about to be destroyed, and what is left of those that were; by the thumbprint `scheduled_key` of their owner */
  destructions: {
    contract_id: string
    manifest_id: string
    slot: string
    key_id: string
    owner: string
    imported_at: number
    scheduled_key: string
    scheduled_at: number
    due_at: number
    destroyed_at: number | null
  }
  /** what was done to keys, one chain of signed statements per contract */
  administration: { contract_id: string; sequence: number; id: string; statement: Uint8Array; acted_at: number }
  /** `purpose`: a run's id, or what `identityPurpose` makes of a contract's */
  nonces: { nonce: string; purpose: string; issued_at: number; used_at: number | null }
  /** one row per run that an approval paid for; the balance is their number, never stored apart */
  debits: { approval_id: string; run_id: string; debited_at: number }
  /** how many debits each approval has; written by triggers alone */
  approval_runs: { approval_id: string; runs: number }
  /** runs that got keys, with what they rest on; `owners` maps approvals and manifests to members, in JSON */
  leases: {
    run_id: string
    contract_id: string
    query: Uint8Array
    run: Uint8Array
    owners: string
    ends_at: number
    expires_at: number
  }
  releases: {
    contract_id: string
    sequence: number
    id: string
    run_id: string
    decision: 'released' | 'denied'
    statement: Uint8Array
    decided_at: number
  }
  /** which key was released to which run; `slot` is null only of one that was destroyed before slots were noted */
  released_keys: { contract_id: string; manifest_id: string; slot: string | null; run_id: string; released_at: number }
  /** the key of what was shown of a slot, and where its entries end; without all of that once it is closed for good */
  histories: {
    contract_id: string
    slot: string
    wrapping_version: number | null
    suite: string | null
    sealed: Uint8Array | null
    closed_at: number | null
  }
  /** `entry` opens under the history's key alone */
  history_entries: {
    contract_id: string
    slot: string
    sequence: number
    run_id: string
    entry: Uint8Array
    appended_at: number
  }
  /** what was spent of datasets whose rules ask for noise; `owner` is the thumbprint of their owner's Ed25519 key. Written once. */
  ledger_entries: {
    ledger: string
    sequence: number
    previous: string
    digest: string
    seal: Uint8Array
    owner: string
    dataset: string
    period: number
    charge_epsilon: number
    charge_delta: number
    charged_epsilon: number
    charged_delta: number
    spent_epsilon: number
    spent_delta: number
    contract_id: string
    run_id: string
    slot: string
    manifest_id: string
    decided_at: number
    origin_digest: string | null
    origin_epsilon: number | null
    origin_delta: number | null
  }
  /** under which contracts data of a ledger was brought here */
  ledger_contracts: { ledger: string; contract_id: string }
  /** what is kept for runs until their releases come; `takes` in JSON; `ends_at` is the end of the run */
  holds: {
    run_id: string
    contract_id: string
    by: string
    takes: string
    times: number
    expires_at: number
    ends_at: number
  }
  revocations: { id: string; contract_id: string; by: string; target: string; statement: Uint8Array; applied_at: number }
  /** the newest number seen in each series of lists, decimal: a number of X.509 can be longer than any integer of SQLite */
  freshness_floors: { contract_id: string; series: string; number: string }
  /** RSA keys to which HSMs wrap; without key material when they have ended */
  import_keys: { version: number; statement: Uint8Array; wrapped_key: Uint8Array | null; sealed: Uint8Array | null }
  /** who brought a contract here first: a party's Ed25519 key, or governance */
  contract_introductions: { contract_id: string; by: string }
  /** certificate authorities for executors, each key under L0 and bound to its certificate */
  workload_authorities: { id: string; certificate: Uint8Array; wrapped_key: Uint8Array; sealed: Uint8Array; not_after: number }
  /** every identity that was issued; `serial` in hex, `key` the attested Ed25519 key, `authority` the id of the one that signed */
  workload_identities: {
    serial: string
    contract_id: string
    caller: string
    key: string
    evidence: string
    hardware: number
    authority: string
    issued_at: number
    not_after: number
  }
  /** contracts whose revocations are still to be fetched */
  due_lookups: { contract_id: string; generation: number }
  /** the latest time at which this service decided anything; one row */
  clock: { id: number; newest: number }
  /** each time this store was put in place from a backup */
  restorations: { restored_at: number; backup_created_at: number }
  /** contracts under which nothing is released, because entries of their logs may be missing here */
  locks: { contract_id: string; reason: 'restored' | 'set-back' | 'forked'; since: number }
  /** releases that members showed and that do not stand in the log (yet) */
  presented_releases: { contract_id: string; sequence: number; id: string; statement: Uint8Array }
  /** where owners say that the log of a locked contract ends; the id is empty for an empty log */
  log_confirmations: { contract_id: string; member: string; sequence: number; release_id: string; confirmed_at: number }
}

export type KeysTransaction = Transaction<KeysDatabase>

const tables: Migration = {
  name: 'keys-1',
  async up(db) {
    for (const statement of [
      `create table identity (id integer primary key check (id = 1), wrapped_key blob not null, sealed blob not null) strict`,
      `create table contracts (id text primary key, statement blob not null, known_since integer not null) strict`,
      `create table wrapping_keys (contract_id text not null references contracts (id), slot text not null,
         version integer not null check (version >= 1), wrapped blob not null, created_at integer not null,
         primary key (contract_id, slot, version)) strict, without rowid`,
      `create table data_keys (contract_id text not null, slot text not null, manifest_id text not null, key_id text not null,
         owner text not null, wrapping_version integer not null, sealed blob not null, imported_at integer not null,
         primary key (contract_id, manifest_id), unique (contract_id, slot, key_id),
         foreign key (contract_id, slot, wrapping_version) references wrapping_keys (contract_id, slot, version)) strict, without rowid`,
      `create table nonces (nonce text primary key, run_id text not null, issued_at integer not null, used_at integer) strict, without rowid`,
      `create index nonces_by_age on nonces (issued_at)`,
      `create table debits (approval_id text not null, run_id text not null, debited_at integer not null,
         primary key (approval_id, run_id)) strict, without rowid`,
      `create table leases (run_id text primary key, contract_id text not null, query blob not null, run blob not null,
         owners text not null, ends_at integer not null, expires_at integer not null) strict`,
      `create table releases (contract_id text not null, sequence integer not null check (sequence >= 1), id text not null unique,
         run_id text not null, decision text not null check (decision in ('released', 'denied')), statement blob not null,
         decided_at integer not null, primary key (contract_id, sequence)) strict, without rowid`,
      `create table released_keys (contract_id text not null, manifest_id text not null, run_id text not null, released_at integer not null,
         primary key (contract_id, manifest_id, run_id)) strict, without rowid`,
      `create table revocations (id text primary key, contract_id text not null references contracts (id), "by" text not null,
         target text not null, statement blob not null, applied_at integer not null, unique (contract_id, "by", target)) strict`,
      `create table due_lookups (contract_id text primary key, generation integer not null) strict, without rowid`,
    ]) {
      await sql.raw(statement).execute(db)
    }
  },
}

const freshnessFloors: Migration = {
  name: 'keys-2',
  async up(db) {
    await sql
      .raw(
        `create table freshness_floors (contract_id text not null, series text not null, number text not null,
           primary key (contract_id, series)) strict, without rowid`,
      )
      .execute(db)
  },
}

/** In the order in which they were released. */
export const keysMigrations: readonly Migration[] = [
  outboxMigration,
  inboxMigration,
  tables,
  freshnessFloors,
  clockMigration,
  rootKeyTables,
  importKeysMigration,
  keyAdministration,
  recoveryMigration,
  noncePurpose,
  quotas,
  workloadIdentities,
  holdersKeys,
  countedRuns,
  accessBudgets,
  historiesMigration,
  ledgersMigration,
  holdsMigration,
]

/**
 * One process at a time: a key service's clock, its seal and what it has in flight are in its memory, and two on one store would
 * not know of each other.
 */
export function openKeysStore(file: string): Promise<Store<KeysDatabase>> {
  return openStore<KeysDatabase>(file, keysMigrations, { exclusive: true })
}
