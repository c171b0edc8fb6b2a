import type { DuckDBConnection } from '@duckdb/node-api'
import type { FilledTable, NoiseJob, TextRow } from './job.ts'

/**
 * Reads the exact cells, which become no table, and makes the table of what the parent makes of them: the only one that the
 * result can read of them.
 */
export async function makeNoisyCells(
  connection: DuckDBConnection,
  { read, later, ...table }: NoiseJob,
  ask: (exact: readonly (readonly TextRow[])[]) => readonly TextRow[],
): Promise<void> {
  const exact: (readonly TextRow[])[] = []
  for (const sql of read) exact.push(await textsOf(connection, sql))
  const answer = ask(exact)
  await fill(connection, table, later === undefined ? answer : ask([await readLater(connection, later, answer)]))
}

/** A dataset is not read again for nothing. */
async function readLater(
  connection: DuckDBConnection,
  { read, ...table }: FilledTable & { readonly read: string },
  groups: readonly TextRow[],
): Promise<readonly TextRow[]> {
  if (groups.length === 0) return []
  await fill(connection, table, groups)
  return textsOf(connection, read)
}

async function textsOf(connection: DuckDBConnection, sql: string): Promise<readonly TextRow[]> {
  const rows = (await connection.runAndReadAll(sql)).getRows()
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
}

async function fill(connection: DuckDBConnection, table: FilledTable, rows: readonly TextRow[]): Promise<void> {
  for (const sql of table.create) await connection.run(sql)
  const appender = await connection.createAppender(table.texts, 'main', 'temp')
  for (const row of rows) {
    for (const text of row) {
      if (text === null) appender.appendNull()
      else appender.appendVarchar(text)
    }
    appender.endRow()
  }
  appender.closeSync()
  for (const sql of table.fill) await connection.run(sql)
}
