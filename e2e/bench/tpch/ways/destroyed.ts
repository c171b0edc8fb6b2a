import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Scan } from '@reinraum/policy'
import type { Reads } from './data-path.ts'

type Condition = Scan['conditions'][number]
type Constant = Extract<Condition, { readonly value: unknown }>['value']

/**
 * Writes the tables of a connection to Parquet files that hold what is planned and nothing else: rows that no scan needs are
 * left out, and the bytes of every column that none lists are zeros. A table that is not planned gets no file.
 * @returns the files by their tables
 */
export async function writeDestroyed(connection: DuckDBConnection, reads: Reads, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [table, scans] of reads) {
    if (scans.length === 0) continue
    const file = join(folder, `${table}.parquet`)
    const rows = scans.map(({ conditions }) => ['true', ...conditions.map(conditionSql)].join(' AND ')).join(' OR ')
    await connection.run(`COPY (SELECT * FROM ${table} WHERE ${rows}) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`)
    const chunks = await connection.runAndReadAll(
      `SELECT path_in_schema, coalesce(dictionary_page_offset, data_page_offset), total_compressed_size FROM parquet_metadata('${file}')`,
    )
    const kept = new Set(scans.flatMap(({ columns }) => columns))
    const bytes = await open(file, 'r+')
    for (const [column, start, length] of chunks.getRows()) {
      if (!kept.has(String(column))) await bytes.write(new Uint8Array(Number(length)), 0, Number(length), Number(start))
    }
    await bytes.close()
    files.set(table, file)
  }
  return files
}

function conditionSql(condition: Condition): string {
  if (condition.operator === 'in') return `${condition.column} IN (${condition.values.map(constantSql).join(', ')})`
  return `${condition.column} ${condition.operator} ${constantSql(condition.value)}`
}

function constantSql({ type, value }: Constant): string {
  if (type === 'VARCHAR') return `'${value}'`
  if (type === 'DATE') return `(DATE '1970-01-01' + ${value})`
  return type === 'DECIMAL(15,2)' ? `(${value} * 0.01)` : String(value)
}
