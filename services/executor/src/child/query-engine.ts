// The bindings alone: what is built on them takes as long to load as they do, for every run.
import duckdb, { type Connection } from '@duckdb/node-bindings'
import type { TextRow } from './job.ts'
import { textRows } from './text-rows.ts'

/** What a run does with its engine. Nothing but texts goes in and out. */
export interface QueryEngine {
  /** @returns how many rows it changed or wrote */
  run(sql: string): Promise<number>
  /** The rows of a query, each of its columns as a text. */
  read(sql: string): Promise<readonly TextRow[]>
  /** Appends to a temporary table of texts. */
  append(table: string, rows: readonly TextRow[]): void
}

const withoutExtensions = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
}

/** Where the engine puts what does not fit into its memory, and how much of it. */
export interface Spilling {
  readonly directory: string
  readonly mebibytes: number
}

/** An engine that knows no data yet: it is opened while its process waits, which takes longer than a short query. */
export async function openQueryEngine(memoryMiB: number, threads: number, spilling?: Spilling): Promise<QueryEngine> {
  const config = duckdb.create_config()
  const settings = {
    memory_limit: `${memoryMiB}MiB`,
    threads: String(threads),
    // DuckDB cannot encrypt its temporary files without a further extension: it spills where the disk is encrypted, or not at all.
    temp_directory: spilling?.directory ?? '',
    ...withoutExtensions,
  }
  for (const [name, value] of Object.entries(settings)) duckdb.set_config(config, name, value)
  const connection = await duckdb.connect(await duckdb.open(':memory:', config))
  // A file's footer is read once, however often a job names its dataset: the files of a job do not change.
  await duckdb.query(connection, 'SET parquet_metadata_cache = true')
  // Among the settings above it is shown, and not kept to.
  if (spilling !== undefined) await duckdb.query(connection, `SET max_temp_directory_size = '${spilling.mebibytes}MiB'`)
  return {
    run: async (sql) => duckdb.rows_changed(await duckdb.query(connection, sql)),
    read: async (sql) => textRows(await duckdb.query(connection, `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${sql})`)),
    append: (table, rows) => append(connection, table, rows),
  }
}

function append(connection: Connection, table: string, rows: readonly TextRow[]): void {
  const appender = duckdb.appender_create_ext(connection, 'temp', 'main', table)
  for (const row of rows) {
    for (const text of row) {
      if (text === null) duckdb.append_null(appender)
      else duckdb.append_varchar(appender, text)
    }
    duckdb.appender_end_row(appender)
  }
  duckdb.appender_close_sync(appender)
}
