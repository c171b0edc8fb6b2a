import { stat } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { ReinraumError } from '@reinraum/crypto'
import type { DatasetSchema } from '@reinraum/statements'
import { countedRows } from './counted-rows.ts'
import { type UnitCounter, unitCounter } from './unit-counter.ts'

/** A file that the owner holds in the clear, opened by DuckDB on the owner's own machine. */
export interface Source {
  /** SELECT over the file that yields exactly the slot's columns, cast to the slot's types; to be run once */
  readonly selectSql: string
  /** what was counted of the very rows that `selectSql` gave; undefined where nobody asked for it */
  readonly units: UnitCounter | undefined
  /** Runs a statement; engine texts stay inside, because they quote values. */
  run(sql: string): Promise<{ readonly rowsChanged: number }>
  /** Which column fails to convert and how often, without a value. */
  explainMismatch(): Promise<string>
  /** Ends the statement that runs, if one does; it fails. */
  interrupt(): void
  /** Once nothing runs any more: the engine would wait for ever for the answers of what counts rows. */
  close(): void
}

/**
 * Opens a Parquet, CSV, TSV, JSON or NDJSON file against a slot's schema. Columns that the slot does not declare are left
 * out: an owner gives away what the contract names and nothing else.
 * @param unit the column whose values tell privacy units apart, where their rows are to be counted
 * @throws ReinraumError `unreadable-input` (missing, empty, unknown or broken file), `schema-mismatch` (columns missing)
 */
export async function openSource(file: string, schema: DatasetSchema, unit?: string): Promise<Source> {
  const size = await stat(file).then(
    (s) => (s.isFile() ? s.size : -1),
    () => -1,
  )
  if (size < 0) throw new ReinraumError('unreadable-input', `cannot read ${file}`)
  if (size === 0) throw new ReinraumError('unreadable-input', `${file} is empty`)
  const relation = relationOf(file)
  // No temp_directory: what does not fit fails instead of writing plaintext to disk.
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', temp_directory: '' })
  const connection = await instance.connect()
  const close = () => {
    connection.closeSync()
    instance.closeSync()
  }
  try {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${relation}`).catch((cause) => {
      throw new ReinraumError('unreadable-input', `${file} cannot be read as ${formatOf(file)}`, { cause })
    })
    const present = new Set(described.getRowObjects().map((row) => String(row.column_name)))
    const missing = schema.columns.filter((column) => !present.has(column.name)).map((column) => column.name)
    if (missing.length > 0) throw new ReinraumError('schema-mismatch', `${file} lacks the columns ${missing.join(', ')}`)
  } catch (error) {
    close()
    throw error
  }
  const columns = schema.columns.map(({ name, type }) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`)
  const rows = `SELECT ${columns.join(', ')} FROM ${relation}`
  const units = unit === undefined ? undefined : unitCounter()
  return {
    selectSql: unit === undefined || units === undefined ? rows : countedRows(connection, rows, identifier(unit), units),
    units,
    async run(sql) {
      const result = await connection.run(sql)
      return { rowsChanged: result.rowsChanged }
    },
    async explainMismatch() {
      const counts = schema.columns.map(({ name, type }, i) => {
        const column = identifier(name)
        return `count(*) FILTER (WHERE ${column} IS NOT NULL AND TRY_CAST(${column} AS ${type}) IS NULL) AS c${i}`
      })
      const row = (await connection.runAndReadAll(`SELECT ${counts.join(', ')} FROM ${relation}`)).getRowObjects()[0] ?? {}
      const bad = schema.columns.flatMap(({ name, type }, i) =>
        Number(row[`c${i}`] ?? 0) > 0 ? [`${name}: ${row[`c${i}`]} values are no ${type}`] : [],
      )
      return bad.join('; ')
    },
    interrupt: () => connection.interrupt(),
    close,
  }
}

type Format = 'Parquet' | 'CSV' | 'JSON'

function formatOf(file: string): Format {
  const name = file.toLowerCase().replace(/\.(gz|zst)$/, '')
  if (name.endsWith('.parquet')) return 'Parquet'
  if (name.endsWith('.csv') || name.endsWith('.tsv')) return 'CSV'
  if (name.endsWith('.json') || name.endsWith('.ndjson') || name.endsWith('.jsonl')) return 'JSON'
  throw new ReinraumError('unreadable-input', `${file} is neither .parquet, .csv, .tsv, .json nor .ndjson`)
}

function relationOf(file: string): string {
  const path = literal(file)
  switch (formatOf(file)) {
    case 'Parquet':
      return `read_parquet(${path})`
    case 'CSV':
      // Text as it stands: the slot's types decide what it means, not a sniffer's guess.
      return `read_csv(${path}, header = true, all_varchar = true)`
    case 'JSON':
      return `read_json(${path}, maximum_object_size = 16777216)`
  }
}

/** An SQL string literal. `*`, `?` and `[` would be read as a glob, so a path that holds one is refused. */
function literal(path: string): string {
  if (/[*?[\]{}\0]/.test(path)) throw new ReinraumError('unreadable-input', `the file name ${path} holds a pattern character`)
  return `'${path.replaceAll("'", "''")}'`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
