import type { DuckDBConnection } from '@duckdb/node-api'
import { onlyText } from './only-text.ts'
import type { OutputColumn } from './plan-outputs.ts'
import { createTable, quote } from './shadow.ts'

/** Tables of which the engine knows the columns, and of their rows only that there are some. */
export interface Optimizing {
  /** The plan as the engine optimizes it, as `json_serialize_plan` gives it with every field. */
  readonly optimized: (sql: string) => Promise<unknown>
  /** Makes a table that later statements read. */
  readonly make: (table: string, columns: readonly OutputColumn[]) => Promise<void>
}

interface Table {
  readonly id: string
  readonly schema: { readonly columns: readonly OutputColumn[] }
}

/**
 * Of an empty table the engine knows that whatever joins with it is empty, and reads nothing then. So every table gets rows
 * here, in a transaction that is rolled back: while they are not committed, the engine has no statistics of them.
 */
export async function withUnknownRows<T>(
  connection: DuckDBConnection,
  tables: readonly Table[],
  work: (optimizing: Optimizing) => Promise<T>,
): Promise<T> {
  await connection.run(['BEGIN', ...tables.map(insertNothing)].join(';'))
  const result = await work({
    async optimized(sql) {
      const statement = await connection.prepare(serializeOptimized)
      try {
        statement.bindVarchar(1, sql)
        return JSON.parse(await onlyText(statement))
      } finally {
        statement.destroySync()
      }
    },
    async make(id, columns) {
      const table = { id, schema: { columns } }
      await connection.run(`${createTable(table)};${insertNothing(table)}`)
    },
  })
  await connection.run('ROLLBACK')
  return result
}

/** Several rows: of one the engine knows that it needs no order. */
function insertNothing({ id, schema }: Table): string {
  const [first] = schema.columns
  return `INSERT INTO temp.main.${quote(id)} (${quote(first?.name ?? '')}) VALUES (NULL), (NULL), (NULL)`
}

/** With what is empty or a default: the first column of a table has no number otherwise. */
const serializeOptimized =
  'SELECT json_serialize_plan($1::VARCHAR, skip_null := true, skip_empty := false, skip_default := false, optimize := true)'
