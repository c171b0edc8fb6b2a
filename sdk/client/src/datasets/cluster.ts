import type { DuckDBConnection } from '@duckdb/node-api'
import type { Column, DatasetSchema } from '@reinraum/statements'
import { identifier } from './identifier.ts'
import { type Edge, type Range, rangesOf } from './ranges.ts'

// The engine sorts in memory, and nothing in the clear may go to disk. So a file that is too large for that is read several
// times: once for a sample, which tells ranges that can be sorted, and then once for each range.

/** SELECTs whose rows, one after the other, are those of the file. */
export interface Pieces {
  readonly selects: readonly string[]
  /** rows of the file, where it was read before */
  readonly rows?: number
  /** rows of one row group of Parquet */
  readonly groupRows: number
}

/** DuckDB's own; a reader decides about so many rows at once. */
export const rowGroupRows = 122_880

const sampledRows = 32_768

/** Sorting takes about twice what the rows take, and writing a row group about as much again, in each thread. */
const sortedShare = 0.3
const groupShare = 0.05

export interface Clustering {
  readonly schema: DatasetSchema
  /** of the schema, in whose order rows are to leave; NULLs last */
  readonly column: string
  /** bytes that the engine has */
  readonly memory: number
  /** a SELECT of those rows of another that are sealed */
  readonly sealed: (select: string) => string
}

/** @param rows a SELECT of the schema's columns */
export async function clusteredPieces(
  connection: DuckDBConnection,
  rows: string,
  { schema, column, memory, sealed }: Clustering,
): Promise<Pieces> {
  const by = identifier(column)
  const { count, filled, width } = await survey(connection, rows, by, schema.columns)
  const bytes = count * width
  const groupRows = Math.max(2048, Math.min(rowGroupRows, Math.floor((groupShare * memory) / Math.max(1, width) / 2048) * 2048))
  // Rows that are left out need not be sorted.
  const sorted = (select: string) => `SELECT * FROM (${sealed(select)}) ORDER BY ${by} NULLS LAST`
  if (bytes <= sortedShare * memory) return { selects: [sorted(rows)], rows: count, groupRows }
  const weights = await weightsOf(connection, filled)
  const ranges = filled === 0 ? [] : rangesOf(weights, sortedShare * memory)
  await nameEdges(connection, ranges)
  const selects = ranges.map((range) => {
    const select = `SELECT * FROM (${rows}) WHERE ${conditionOf(by, range)}`
    return range.sorted ? sorted(select) : sealed(select)
  })
  const nobodys = filled < count ? [sealed(`SELECT * FROM (${rows}) WHERE ${by} IS NULL`)] : []
  return { selects: [...selects, ...nobodys], rows: count, groupRows }
}

interface Survey {
  readonly count: number
  /** rows that have a value in the column */
  readonly filled: number
  /** bytes of one row in memory, on average */
  readonly width: number
}

/** One reading of the file: how much it is, and a sample of the column's values, each row of which is as likely as any other. */
async function survey(connection: DuckDBConnection, rows: string, by: string, columns: readonly Column[]): Promise<Survey> {
  const width = ['16', ...columns.map(widthOf), widthOf(columns.find(({ name }) => identifier(name) === by) as Column)].join(
    ' + ',
  )
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE reinraum_survey AS
     SELECT count(*) AS n, count(${by}) AS filled, coalesce(avg(w), 0) AS width,
       coalesce(arg_min({v: ${by}, w: w}, random(), ${sampledRows}) FILTER (${by} IS NOT NULL), []) AS sample
     FROM (SELECT ${by}, ${width} AS w FROM (${rows}))`,
  )
  const [row] = (await connection.runAndReadAll('SELECT n, filled, width FROM reinraum_survey')).getRows()
  const [count, filled, average] = (row ?? []).map(Number)
  return { count: count ?? 0, filled: filled ?? 0, width: average ?? 0 }
}

function widthOf({ name, type }: Column): string {
  if (type === 'VARCHAR') return `16 + coalesce(strlen(${identifier(name)}), 0)`
  return type.startsWith('DECIMAL') ? '16' : '8'
}

/** Bytes in memory of all rows of each value of the sample, estimated; the values stay in the engine. */
async function weightsOf(connection: DuckDBConnection, filled: number): Promise<readonly number[]> {
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE reinraum_values AS
     SELECT row_number() OVER (ORDER BY v) - 1 AS i, v, w
     FROM (SELECT s.v AS v, sum(s.w) AS w FROM (SELECT unnest(sample) AS s FROM reinraum_survey) GROUP BY s.v)`,
  )
  const read = await connection.runAndReadAll('SELECT w FROM reinraum_values ORDER BY i')
  const scale = filled / Math.max(1, Math.min(filled, sampledRows))
  return read.getRows().map(([weight]) => Number(weight) * scale)
}

/** Each edge as a variable of the engine, which keeps its type and is a constant to the optimizer. */
async function nameEdges(connection: DuckDBConnection, ranges: readonly Range[]): Promise<void> {
  const edges = new Set(ranges.flatMap(({ from, to }) => [from, to]).flatMap((edge) => (edge === undefined ? [] : [edge.value])))
  for (const value of edges)
    await connection.run(`SET VARIABLE ${variableOf(value)} = (SELECT v FROM reinraum_values WHERE i = ${value})`)
  await connection.run('DROP TABLE reinraum_survey; DROP TABLE reinraum_values')
}

function conditionOf(by: string, { from, to }: Range): string {
  const edge = (operator: string, { value, inclusive }: Edge) =>
    `${by} ${operator}${inclusive ? '=' : ''} getvariable('${variableOf(value)}')`
  const conditions = [from && edge('>', from), to && edge('<', to)].filter((text) => text !== undefined)
  return [`${by} IS NOT NULL`, ...conditions].join(' AND ')
}

function variableOf(value: number): string {
  return `reinraum_edge_${value}`
}
