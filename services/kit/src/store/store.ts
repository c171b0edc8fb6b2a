import { AsyncLocalStorage } from 'node:async_hooks'
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { Kysely, type KyselyPlugin, SqliteDialect, type Transaction } from 'kysely'
import { type Migration, migrate } from './migrations.ts'
import { openNodeSqlite } from './node-sqlite.ts'

export type { Transaction } from 'kysely'

export interface Store<DB> {
  /** For reading, and for writing single statements. Not to be used inside `transaction`: use what that passes. */
  readonly db: Kysely<DB>
  /** Runs `fn` alone: transactions of one store follow each other. What it throws rolls back. */
  transaction<T>(fn: (trx: Transaction<DB>) => Promise<T>): Promise<T>
  /** Called after each commit, with nothing; used to wake the outbox. Returns how to stop listening. */
  onCommit(listener: () => void): () => void
  close(): Promise<void>
}

/**
 * Opens a service's database, creating and migrating it.
 * @throws ReinraumError `storage-full`, `unsupported` (written by a newer version), `internal`
 */
export async function openStore<DB>(file: string, migrations: readonly Migration[]): Promise<Store<DB>> {
  createPrivateFile(file)
  const kysely = new Kysely<DB>({ dialect: new SqliteDialect({ database: openNodeSqlite(file) }) })
  const inTransaction = new AsyncLocalStorage<true>()
  const listeners = new Set<() => void>()
  try {
    await migrate(kysely, migrations)
  } catch (error) {
    await kysely.destroy()
    throw error
  }
  return {
    db: kysely.withPlugin(refuseInside(inTransaction)),
    async transaction(fn) {
      refuseNested(inTransaction)
      const result = await inTransaction.run(true, () => kysely.transaction().execute(fn))
      for (const listener of listeners) listener()
      return result
    },
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => kysely.destroy(),
  }
}

/** Keys at rest and statements are nobody else's business on the machine. SQLite gives its side files the same mode. */
function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
}

// There is one connection. Waiting for it inside the transaction that holds it would never end, so it fails instead.
function refuseInside(inTransaction: AsyncLocalStorage<true>): KyselyPlugin {
  return {
    transformQuery({ node }) {
      refuseNested(inTransaction)
      return node
    },
    async transformResult({ result }) {
      return result
    },
  }
}

function refuseNested(inTransaction: AsyncLocalStorage<true>): void {
  if (inTransaction.getStore() === true) throw new Error('inside a transaction only its own handle can be used')
}
