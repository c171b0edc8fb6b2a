import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { ReinraumError } from '@reinraum/crypto'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** Who may use a database beside the process that has it open. */
export interface Sharing {
  /** nobody: the first use locks it until it is closed, or the process ends however it ends */
  readonly exclusive?: boolean
}

/**
 * `node:sqlite` in the shape that Kysely's SQLite dialect expects.
 * @throws ReinraumError `unavailable` when another process has the database to itself
 */
export function openNodeSqlite(file: string, { exclusive = false }: Sharing = {}): SqliteDatabase {
  // Who has it to itself waits for nobody but its predecessor, which may not have ended yet.
  const timeout = exclusive ? 1000 : 5000
  const database = guarded(() => new DatabaseSync(file, { timeout, enableForeignKeyConstraints: true }))
  guarded(() => prepareConnection(database, exclusive))
  const prepared = new Map<string, SqliteStatement>()
  const statement = (sql: string): SqliteStatement => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const fresh = adapt(guarded(() => database.prepare(sql)))
    // Statements with lists of parameters come in many lengths; the cache is for the few that repeat.
    if (prepared.size >= 256) prepared.clear()
    prepared.set(sql, fresh)
    return fresh
  }
  return {
    close: () => database.close(),
    prepare(sql) {
      // Only `begin immediate` takes the write lock at once; a deferred one could fail in the middle of a transaction.
      if (sql === 'begin') return statement('begin immediate')
      // A full disk rolls back by itself (lang_transaction.html §3.1); rolling back again would hide that error.
      if (sql === 'rollback' && !database.isTransaction) return nothing
      return statement(sql)
    },
  }
}

function prepareConnection(database: DatabaseSync, exclusive: boolean): void {
  try {
    // wal.html §8: chosen before the first access, the lock holds from there on, and no index is shared.
    if (exclusive) database.exec('pragma locking_mode = exclusive')
    // SQLite "PRAGMA synchronous": in WAL mode only FULL syncs at each commit, and an acknowledged commit must survive
    // the loss of power.
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off; pragma secure_delete = on')
    // The first access.
    if (exclusive) database.exec('begin immediate; commit')
  } catch (error) {
    database.close()
    throw error
  }
}

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [].values(),
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => guarded(() => statement.all(...parameters.map(input))),
    run: (parameters) => guarded(() => statement.run(...parameters.map(input))),
    iterate: (parameters) => statement.iterate(...parameters.map(input)),
  }
}

function input(value: unknown): SQLInputValue {
  if (value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  return value as SQLInputValue
}

// https://sqlite.org/rescode.html
const sqliteBusy = 5
const sqliteFull = 13
const uniqueViolations: readonly number[] = [1555, 2067]

/** SQLite's own texts stay inside as the cause: they name tables and columns. */
function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (cause) {
    const errcode = cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode : 0
    if ((errcode & 0xff) === sqliteFull) throw new ReinraumError('storage-full', 'the disk is full', { cause })
    if ((errcode & 0xff) === sqliteBusy)
      throw new ReinraumError('unavailable', 'another process has the database of this service open', { cause })
    if (uniqueViolations.includes(errcode)) throw new ReinraumError('already-exists', 'the record exists already', { cause })
    throw new ReinraumError('internal', 'the store failed', { cause })
  }
}
