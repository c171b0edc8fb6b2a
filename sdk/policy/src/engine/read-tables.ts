import { type DuckDBConnection, StatementType } from '@duckdb/node-api'
import { ReinraumError } from '@reinraum/crypto'
import { type DatasetSchema, datasetSchemaSchema, explainRule } from '@reinraum/statements'
import { openEngine } from './instance.ts'

const longest = 100_000

/**
 * The tables that CREATE TABLE statements declare, as datasets declare their columns. The text runs in an engine of its own,
 * which reaches nothing and is thrown away; anything but tables in it is refused.
 * @throws ReinraumError `invalid-argument`
 */
export async function readTables(sql: string): Promise<ReadonlyMap<string, DatasetSchema>> {
  if (Buffer.byteLength(sql, 'utf8') > longest) throw invalid(`the schema is longer than ${longest} bytes`)
  const engine = await openEngine()
  try {
    return await engine.use(async (connection) => {
      await createAll(connection, sql)
      return declared(connection)
    })
  } finally {
    engine.close()
  }
}

async function createAll(connection: DuckDBConnection, sql: string): Promise<void> {
  const statements = await connection.extractStatements(sql).catch(() => {
    throw invalid('the schema is no SQL that DuckDB reads, or is empty')
  })
  for (let i = 0; i < statements.count; i++) {
    const prepared = await statements.prepare(i).catch(() => {
      throw invalid(`statement ${i + 1} of the schema is not valid`)
    })
    try {
      if (prepared.statementType !== StatementType.CREATE) throw invalid('a schema consists of CREATE TABLE statements')
      await prepared.run().catch(() => {
        throw invalid(`statement ${i + 1} of the schema cannot be carried out`)
      })
    } finally {
      prepared.destroySync()
    }
  }
}

async function declared(connection: DuckDBConnection): Promise<ReadonlyMap<string, DatasetSchema>> {
  const listed = await connection.runAndReadAll(
    `SELECT c.table_name, c.column_name, c.data_type FROM duckdb_columns() c JOIN duckdb_tables() t USING (table_oid)
     WHERE NOT t.internal AND c.database_name = t.database_name ORDER BY c.table_oid, c.column_index`,
  )
  const columns = new Map<string, { readonly name: string; readonly type: string }[]>()
  for (const [table, name, type] of listed.getRows().map((row) => row.map(String))) {
    columns.set(table ?? '', [...(columns.get(table ?? '') ?? []), { name: name ?? '', type: type ?? '' }])
  }
  if (columns.size === 0) throw invalid('the schema declares no table')
  return new Map([...columns].map(([table, list]) => [table, schemaOf(table, list)]))
}

function schemaOf(table: string, columns: readonly { readonly name: string; readonly type: string }[]): DatasetSchema {
  const parsed = datasetSchemaSchema.safeParse({ columns })
  if (parsed.success) return parsed.data
  const unknown = parsed.error.issues.map(({ path }) => columns[Number(path[1])]).find((column) => column !== undefined)
  const what =
    unknown === undefined
      ? (explainRule(parsed.error)[0] ?? '')
      : `no dataset has columns such as ${unknown.name} ${unknown.type}`
  throw invalid(`table ${table}: ${what}`)
}

function invalid(message: string): ReinraumError {
  return new ReinraumError('invalid-argument', message)
}
