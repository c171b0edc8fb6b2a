import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { ReinraumError } from '@reinraum/crypto'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** `node:sqlite` in the shape that Kysely's SQLite dialect expects. */
export function openNodeSqlite(file: string): SqliteDatabase {
  const database = guarded(() => new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: true }))
  guarded(() => {
    // SQLite "PRAGMA synchronous": in WAL mode only FULL syncs at each commit, and an acknowledged commit must survive
    // the loss of power.
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off; pragma secure_delete = on')
  })
  const prepared = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const fresh = guarded(() => database.prepare(sql))
    // Statements with lists of parameters come in many lengths; the cache is for the few that repeat.
    if (prepared.size >= 256) prepared.clear()
    prepared.set(sql, fresh)
    return fresh
  }
  return {
    close: () => database.close(),
    prepare(sql) {
      // Only `begin immediate` takes the write lock at once; a deferred one could fail in the middle of a transaction.
      if (sql === 'begin') return adapt(statement('begin immediate'))
      // A full disk rolls back by itself (lang_transaction.html §3.1); rolling back again would hide that error.
      if (sql === 'rollback' && !database.isTransaction) return nothing
      return adapt(statement(sql))
    },
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
const sqliteFull = 13
const uniqueViolations: readonly number[] = [1555, 2067]

/** SQLite's own texts stay inside as the cause: they name tables and columns. */
function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (cause) {
    const errcode = cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode : 0
    if ((errcode & 0xff) === sqliteFull) throw new ReinraumError('storage-full', 'the disk is full', { cause })
    if (uniqueViolations.includes(errcode)) throw new ReinraumError('already-exists', 'the record exists already', { cause })
    throw new ReinraumError('internal', 'the store failed', { cause })
  }
}
