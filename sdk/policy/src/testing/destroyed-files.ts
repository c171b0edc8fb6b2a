import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { SlotInput } from '../analysis/slots.ts'
import { quote } from '../engine/shadow.ts'
import type { Condition, Constant, Scan } from '../reads/scan.ts'
import type { Database } from './data.ts'

/**
 * The datasets as Parquet files that hold what the scans say and nothing else: rows that no scan of a dataset needs are
 * left out, and the bytes of every column that no scan lists are zeros, as in a file that was never filled there. As an
 * executor has them: views.
 */
export async function openDestroyed(whole: Database, slots: readonly SlotInput[], scans: readonly Scan[]): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'reads-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  for (const { id, schema } of slots) {
    const own = scans.filter(({ slot }) => slot === id)
    const file = `'${join(folder, `${id}.parquet`)}'`
    const rows = own.map(({ conditions }) => ['true', ...conditions.map(conditionSql)].join(' AND '))
    const options = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)'
    await whole.query(`COPY (SELECT * FROM ${quote(id)} WHERE ${['false', ...rows].join(' OR ')}) TO ${file} ${options}`)
    const kept = new Set(own.flatMap(({ columns }) => columns))
    const chunks = await whole.query(
      `SELECT path_in_schema, coalesce(dictionary_page_offset, data_page_offset), total_compressed_size FROM parquet_metadata(${file})`,
    )
    const bytes = await open(join(folder, `${id}.parquet`), 'r+')
    for (const [column, start, length] of chunks) {
      if (!kept.has(String(column))) await bytes.write(new Uint8Array(Number(length)), 0, Number(length), Number(start))
    }
    await bytes.close()
    const list = schema.columns.map(({ name, type }) => `CAST(${quote(name)} AS ${type}) AS ${quote(name)}`)
    await connection.run(`CREATE VIEW ${quote(id)} AS SELECT ${list.join(', ')} FROM read_parquet(${file})`)
  }
  return {
    query: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    async close() {
      connection.closeSync()
      instance.closeSync()
      await rm(folder, { recursive: true })
    },
  }
}

function conditionSql(condition: Condition): string {
  const column = quote(condition.column)
  if (condition.operator === 'in') return `${column} IN (${condition.values.map(constantSql).join(', ')})`
  return `${column} ${condition.operator} ${constantSql(condition.value)}`
}

function constantSql({ type, value }: Constant): string {
  if (type === 'VARCHAR') return `'${value.replaceAll("'", "''")}'`
  if (type === 'DATE') return `(DATE '1970-01-01' + ${value})`
  if (type === 'TIMESTAMP') return `make_timestamp(${value})`
  const scale = Number(/,(\d+)\)/.exec(type)?.[1] ?? 0)
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return `CAST('${value < 0n ? '-' : ''}${text}' AS ${type})`
}
