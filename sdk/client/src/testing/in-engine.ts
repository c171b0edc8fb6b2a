import { DuckDBInstance } from '@duckdb/node-api'

/** The rows of a statement, in an engine of its own. */
export async function inEngine(sql: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
