import { createHash } from 'node:crypto'
import { DuckDBInstance } from '@duckdb/node-api'

/** Reads answers, to compare them. */
export interface Answers {
  /** What is the same for two Parquet files of the same columns and the same rows in the same order. */
  fingerprint(file: string): Promise<string>
  close(): void
}

export async function openAnswers(): Promise<Answers> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  return {
    async fingerprint(file) {
      const rows = await connection.runAndReadAll(`SELECT * FROM read_parquet('${file}')`)
      const columns = rows.columnNames().map((name, i) => [name, String(rows.columnType(i))])
      return createHash('sha256')
        .update(JSON.stringify([columns, rows.getRowsJson()]))
        .digest('hex')
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
