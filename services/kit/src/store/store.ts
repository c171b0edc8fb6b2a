import { AsyncLocalStorage } from 'node:async_hooks'
import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { ReinraumError } from '@reinraum/crypto'
import { Kysely, type KyselyPlugin, type QueryExecutorProvider, SqliteDialect, sql, type Transaction } from 'kysely'
import { errnoOf, fileError } from '../objects/file-error.ts'
import { type Migration, migrate } from './migrations.ts'
import { openNodeSqlite, type Sharing } from './node-sqlite.ts'

export type { Transaction } from 'kysely'

export interface Store<DB> {
  /** For reading, and for writing single statements. Not to be used inside `transaction`: use what that passes. */
  readonly db: Kysely<DB>
  /** Runs `fn` alone: transactions of one store follow each other. What it throws rolls back. */
  transaction<T>(fn: (trx: Transaction<DB>) => Promise<T>): Promise<T>
  /** Called after each commit, with nothing; used to wake the outbox. Returns how to stop listening. */
  onCommit(listener: () => void): () => void
  /**
   * Writes the database as it stands between two transactions to a new file (mode 0600), without what was deleted from it.
   * Nothing else runs meanwhile. When it fails, the file is not there.
   * @throws ReinraumError `already-exists`, `storage-full`, `internal`
   */
  copyTo(file: string): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a service's database, creating and migrating it.
 * @throws ReinraumError `storage-full`, `unsupported` (written by a newer version), `unavailable` (another process has it open),
 *   `internal`
 */
export async function openStore<DB>(file: string, migrations: readonly Migration[], sharing?: Sharing): Promise<Store<DB>> {
  createPrivateFile(file)
  const kysely = new Kysely<DB>({ dialect: new SqliteDialect({ database: openNodeSqlite(file, sharing) }) })
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
    async copyTo(file) {
      refuseNested(inTransaction)
      await copyInto(kysely, file)
    },
    close: () => kysely.destroy(),
  }
}

async function copyInto(kysely: QueryExecutorProvider, file: string): Promise<void> {
  try {
    // SQLite makes its files for everybody to read, but takes an empty one as it is (lang_vacuum.html).
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    throw errnoOf(error) === 'EEXIST'
      ? new ReinraumError('already-exists', 'there is such a file', { cause: error })
      : fileError(error)
  }
  try {
    await sql`vacuum into ${file}`.execute(kysely)
  } catch (error) {
    rmSync(file)
    throw error
  }
}

/** Keys at rest and statements are nobody else's business on the machine. SQLite gives its side files the same mode. */
function createPrivateFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  } catch (error) {
    throw fileError(error)
  }
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
