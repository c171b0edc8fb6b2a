import { inboxMigration, type Migration, openStore, outboxMigration, type Store } from '@reinraum/kit'
import { type Generated, sql } from 'kysely'
import type { RunStateName } from './run-state.ts'

export interface GovernanceTables {
  contracts: { id: string; bytes: Uint8Array; in_force: 0 | 1 }
  manifests: { id: string; contract_id: string; slot: string; version: number; bytes: Uint8Array }
  queries: { id: string; contract_id: string; bytes: Uint8Array; recorded_at: number }
  decisions: { id: string; contract_id: string; query_id: string; bytes: Uint8Array; recorded_at: number }
  revocations: { id: string; contract_id: string; bytes: Uint8Array; recorded_at: number }
  runs: {
    id: string
    contract_id: string
    query_id: string
    bytes: Uint8Array
    state: RunStateName
    reason: string
    queued_at: number
    updated_at: number
  }
  /** runs that no executor has said it took; those with a time are in the work stream since then */
  run_queue: { sequence: Generated<number>; run_id: string; contract_id: string; dispatched_at: number | null }
  /** contracts with runs that are not in the work stream yet, in the order of their turns */
  run_turns: { turn: Generated<number>; contract_id: string }
  /** key services' signed denials of runs for want of a budget */
  run_denials: { run_id: string; key_service: string; bytes: Uint8Array }
}

export type GovernanceStore = Store<GovernanceTables>

const tables: Migration = {
  name: 'governance-1',
  async up(db) {
    const statement = (name: string) => db.schema.createTable(name).addColumn('id', 'text', (c) => c.primaryKey())
    const owned = (name: string) =>
      statement(name).addColumn('contract_id', 'text', (c) => c.notNull().references('contracts.id'))
    await statement('contracts')
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addColumn('in_force', 'integer', (c) => c.notNull())
      .execute()
    await owned('manifests')
      .addColumn('slot', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addUniqueConstraint('manifests_version', ['contract_id', 'slot', 'version'])
      .execute()
    await owned('queries')
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addColumn('recorded_at', 'integer', (c) => c.notNull())
      .execute()
    await owned('decisions')
      .addColumn('query_id', 'text', (c) => c.notNull().references('queries.id'))
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addColumn('recorded_at', 'integer', (c) => c.notNull())
      .execute()
    await owned('revocations')
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addColumn('recorded_at', 'integer', (c) => c.notNull())
      .execute()
    await owned('runs')
      .addColumn('query_id', 'text', (c) => c.notNull().references('queries.id'))
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('queued_at', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'integer', (c) => c.notNull())
      .execute()
    for (const name of ['queries', 'decisions', 'revocations', 'runs']) {
      await db.schema.createIndex(`${name}_contract`).on(name).column('contract_id').execute()
    }
  },
}

const denials: Migration = {
  name: 'governance-2',
  async up(db) {
    await db.schema
      .createTable('run_denials')
      .addColumn('run_id', 'text', (c) => c.notNull().references('runs.id'))
      .addColumn('key_service', 'text', (c) => c.notNull())
      .addColumn('bytes', 'blob', (c) => c.notNull())
      .addPrimaryKeyConstraint('run_denials_one_each', ['run_id', 'key_service'])
      .execute()
  },
}

const queue: Migration = {
  name: 'governance-3',
  async up(db) {
    await db.schema
      .createTable('run_queue')
      .addColumn('sequence', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('run_id', 'text', (c) => c.notNull().unique().references('runs.id'))
      .addColumn('contract_id', 'text', (c) => c.notNull().references('contracts.id'))
      .addColumn('dispatched_at', 'integer')
      .execute()
    await db.schema.createIndex('run_queue_next').on('run_queue').columns(['dispatched_at', 'contract_id', 'sequence']).execute()
    await db.schema
      .createTable('run_turns')
      .addColumn('turn', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('contract_id', 'text', (c) => c.notNull().unique().references('contracts.id'))
      .execute()
    // Until now each run went into the stream at once.
    await sql`insert into run_queue (run_id, contract_id, dispatched_at)
      select id, contract_id, queued_at from runs where state = 'queued' order by queued_at`.execute(db)
  },
}

export async function openGovernanceStore(file: string): Promise<GovernanceStore> {
  return openStore<GovernanceTables>(file, [outboxMigration, inboxMigration, tables, denials, queue])
}
