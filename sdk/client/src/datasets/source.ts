import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import { ReinraumError } from '@reinraum/crypto'
import type { DatasetSchema } from '@reinraum/statements'
import { clusteredPieces, type Pieces, rowGroupRows } from './cluster.ts'
import { countedRows } from './counted-rows.ts'
import { identifier } from './identifier.ts'
import { type UnitCounter, unitCounter } from './unit-counter.ts'

/** A file that the owner holds in the clear, opened by DuckDB on the owner's own machine. */
export interface Source {
  /** bytes of the file */
  readonly size: number
  /**
   * SELECTs over the file that yield exactly the slot's columns, cast to the slot's types; each to be run once, in their order.
   * Where rows are clustered, this reads the file a first time.
   */
  pieces(): Promise<Pieces>
  /** what was counted of the very rows that the pieces gave; undefined where nobody asked for it */
  readonly units: UnitCounter | undefined
  /** Runs a statement; engine texts stay inside, because they quote values. */
  run(sql: string): Promise<{ readonly rowsChanged: number }>
  /** how much of the file the statement that runs has read, from 0 to 1 */
  share(): number
  /** Which column fails to convert and how often, without a value. */
  explainMismatch(): Promise<string>
  /** @throws ReinraumError `unreadable-input` where the file is not as it was when it was opened */
  requireUnchanged(): Promise<void>
  /** Ends the statement that runs, if one does; it fails. */
  interrupt(): void
  /** Once nothing runs any more: the engine would wait for ever for the answers of what counts rows. */
  close(): void
}

export interface SourceOptions {
  /** the column whose values tell privacy units apart, where their rows are to be counted */
  readonly unit?: string
  /** further rows of a unit are left out; only with `unit` */
  readonly rowsAtMost?: number
  /** the column in whose order rows leave */
  readonly clusterBy?: string
  /** MiB that the engine may take; 512 unless given. Rows that take more than a third of it are clustered in several readings. */
  readonly memory?: number
}

/**
 * Opens a Parquet, CSV, TSV, JSON or NDJSON file against a slot's schema. Columns that the slot does not declare are left
 * out: an owner gives away what the contract names and nothing else.
 * @throws ReinraumError `unreadable-input` (missing, empty, unknown or broken file), `schema-mismatch` (columns missing)
 */
export async function openSource(file: string, schema: DatasetSchema, options: SourceOptions = {}): Promise<Source> {
  const { unit, rowsAtMost, clusterBy, memory = 512 } = options
  if (clusterBy !== undefined && !schema.columns.some(({ name }) => name === clusterBy))
    throw new ReinraumError('schema-mismatch', `rows cannot be clustered by ${clusterBy}: the slot declares no such column`)
  const opened = await versionOf(file)
  if (opened === undefined) throw new ReinraumError('unreadable-input', `cannot read ${file}`)
  if (opened.size === 0n) throw new ReinraumError('unreadable-input', `${file} is empty`)
  const relation = relationOf(file)
  // No temp_directory: what does not fit fails instead of writing plaintext to disk.
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memory}MiB`,
    temp_directory: '',
    // Each thread holds a row group that it writes.
    threads: `${Math.min(4, availableParallelism())}`,
  })
  const connection = await instance.connect()
  const close = () => {
    connection.closeSync()
    instance.closeSync()
  }
  try {
    // How far it has come is counted only where it could be shown.
    await connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false')
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
  const units = unit === undefined ? undefined : unitCounter(rowsAtMost === undefined ? {} : { rowsAtMost })
  const sealed =
    unit === undefined || units === undefined ? (select: string) => select : countedRows(connection, identifier(unit), units)
  return {
    size: Number(opened.size),
    async pieces() {
      if (clusterBy === undefined) return { selects: [sealed(rows)], groupRows: rowGroupRows }
      return clusteredPieces(connection, rows, { schema, column: clusterBy, memory: memory * 2 ** 20, sealed })
    },
    units,
    async run(sql) {
      const result = await connection.run(sql)
      return { rowsChanged: result.rowsChanged }
    },
    share: () => Math.min(1, Math.max(0, connection.progress.percentage / 100)),
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
    async requireUnchanged() {
      if (!isDeepStrictEqual(await versionOf(file), opened))
        throw new ReinraumError('unreadable-input', `${file} changed while it was read; nothing of it was sealed`)
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

/** What tells that a file is the same, as it was when it was last looked at. */
async function versionOf(file: string) {
  const found = await stat(file, { bigint: true }).catch(() => undefined)
  if (found?.isFile() !== true) return undefined
  const { dev, ino, size, mtimeNs } = found
  return { dev, ino, size, mtimeNs }
}
