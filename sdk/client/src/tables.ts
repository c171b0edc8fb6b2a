import { chmod } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { isReinraumError, ReinraumError } from '@reinraum/crypto'
import { fileError } from './file-error.ts'
import { writeNewFile } from './new-files.ts'

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

/**
 * Writes an opened result as CSV or JSON into a new file.
 * @throws ReinraumError `unreadable-input`, `storage-full`, `already-exists`
 */
export async function convertTable(parquetFile: string, target: string, format: Exclude<TableFormat, 'parquet'>): Promise<void> {
  const options = format === 'csv' ? '(FORMAT csv, HEADER true)' : '(FORMAT json, ARRAY true)'
  await writeNewFile(target, async (file) => {
    await withConnection(async (connection) => {
      const table = `(SELECT * FROM read_parquet(${literal(parquetFile)}))`
      await connection.run(`COPY ${table} TO ${literal(file)} ${options}`).catch((cause) => {
        throw isFull(cause) ? fileError({ code: 'ENOSPC' }, target, '') : cause
      })
    })
    // The engine makes files that everyone may read; up to here the folder around it kept it private.
    await chmod(file, 0o600)
  })
}

/** The engine says only in words that the disk is full: strerror(3) of ENOSPC, EDQUOT and EFBIG. */
function isFull(cause: unknown): boolean {
  return cause instanceof Error && /No space left|quota exceeded|File too large/i.test(cause.message)
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>

async function withConnection<T>(body: (connection: Connection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: '' })
  const connection = await instance.connect()
  try {
    return await body(connection)
  } catch (cause) {
    if (isReinraumError(cause)) throw cause
    throw new ReinraumError('unreadable-input', 'the result file cannot be read or written', { cause })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function literal(path: string): string {
  return `'${path.replaceAll("'", "''")}'`
}
