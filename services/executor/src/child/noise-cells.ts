import type { DuckDBConnection } from '@duckdb/node-api'
import type { NoiseJob, TextRow } from './job.ts'

/**
 * Reads the exact cells, which become no table, and makes the table of what the parent makes of them: the only one that the
 * result can read of them.
 */
export async function makeNoisyCells(
  connection: DuckDBConnection,
  { read, create, texts, fill }: NoiseJob,
  ask: (exact: readonly (readonly TextRow[])[]) => readonly TextRow[],
): Promise<void> {
  const exact: TextRow[][] = []
  for (const sql of read) {
    const rows = (await connection.runAndReadAll(sql)).getRows()
    exact.push(rows.map((row) => row.map((value) => (value === null ? null : String(value)))))
  }
  const noisy = ask(exact)
  for (const sql of create) await connection.run(sql)
  const appender = await connection.createAppender(texts, 'main', 'temp')
  for (const row of noisy) {
    for (const text of row) {
      if (text === null) appender.appendNull()
      else appender.appendVarchar(text)
    }
    appender.endRow()
  }
  appender.closeSync()
  for (const sql of fill) await connection.run(sql)
}
