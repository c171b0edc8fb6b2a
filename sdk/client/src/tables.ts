import { rm, writeFile } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { ReinraumError } from '@reinraum/crypto'

export interface Table {
  readonly columns: readonly string[]
  /** values as JSON has them; numbers beyond 2^53 and decimals are strings */
  readonly rows: readonly (readonly unknown[])[]
}

/** Reads an opened result. @throws ReinraumError `unreadable-input` */
export async function readTable(parquetFile: string): Promise<Table> {
  return withConnection(async (connection) => {
    const reader = await connection.runAndReadAll(`SELECT * FROM read_parquet(${literal(parquetFile)})`)
    return { columns: reader.columnNames(), rows: reader.getRowsJson() }
  })
}

export type TableFormat = 'parquet' | 'csv' | 'json'

/** The format that a file name asks for. @throws ReinraumError `invalid-argument` */
export function formatOfFile(file: string): TableFormat {
  const ending = /\.(parquet|csv|json)$/i.exec(file)?.[1]?.toLowerCase()
  if (ending === undefined) throw new ReinraumError('invalid-argument', `${file} ends in neither .parquet, .csv nor .json`)
  return ending as TableFormat
}

/** Writes an opened result as CSV or JSON and removes the Parquet file it came from. */
export async function convertTable(parquetFile: string, target: string, format: Exclude<TableFormat, 'parquet'>): Promise<void> {
  await writeFile(target, '', { mode: 0o600 })
  const options = format === 'csv' ? '(FORMAT csv, HEADER true)' : '(FORMAT json, ARRAY true)'
  await withConnection((connection) =>
    connection.run(`COPY (SELECT * FROM read_parquet(${literal(parquetFile)})) TO ${literal(target)} ${options}`),
  )
  await rm(parquetFile, { force: true })
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>

async function withConnection<T>(body: (connection: Connection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: '' })
  const connection = await instance.connect()
  try {
    return await body(connection)
  } catch (cause) {
    throw new ReinraumError('unreadable-input', 'the result file cannot be read or written', { cause })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function literal(path: string): string {
  return `'${path.replaceAll("'", "''")}'`
}
