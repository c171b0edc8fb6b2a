import type { DuckDBPreparedStatement } from '@duckdb/node-api'

/**
 * The text that a statement gives as its only value. The result is all there when the statement has run; reading it the
 * usual way asks a thread of the engine for every part of it, which takes longer than a short query.
 */
export async function onlyText(statement: DuckDBPreparedStatement): Promise<string> {
  const result = await statement.run()
  return String(result.getChunk(0).getColumnVector(0).getItem(0))
}
