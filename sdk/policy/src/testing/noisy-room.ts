import { DuckDBInstance } from '@duckdb/node-api'
import type { RandomSource, Spending } from '@reinraum/privacy'
import type { DifferentialPrivacy } from '@reinraum/statements'
import type { SlotInput } from '../analysis/slots.ts'
import { createTable, quote } from '../engine/shadow.ts'
import type { Guard, GuardVerdict } from '../guard.ts'
import { addNoise, type ExactTextsAndUnits, type TextRow } from '../noise/add-noise.ts'
import type { NoiseStatement } from '../noise/noise-statement.ts'
import type { Database, Row } from './data.ts'

/** Little noise: what a result would be without any shows, but for a rare step. */
export const plenty: Spending = { epsilon: 1000, delta: 1e-9 }

export const noiseRule: DifferentialPrivacy = {
  epsilonBudget: 1000,
  deltaBudget: 1e-6,
  maxEpsilonPerQuery: 1000,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
}

export type Allowed = Extract<GuardVerdict, { verdict: 'allowed' }>

export async function allowed(guard: Guard, slots: readonly SlotInput[], sql: string, privacy: Spending): Promise<Allowed> {
  const verdict = await guard.check({ sql, parameters: [], values: {}, slots, privacy })
  if (verdict.verdict === 'refused') throw new Error(`refused: ${JSON.stringify(verdict.reasons)}`)
  return verdict
}

/** Of a query with one aggregation over rows, by one grouping. */
export async function allowedWithNoise(
  guard: Guard,
  slots: readonly SlotInput[],
  sql: string,
  privacy: Spending,
): Promise<Omit<Allowed, 'noise'> & { readonly noise: NoiseStatement }> {
  const verdict = await allowed(guard, slots, sql, privacy)
  const [noise, ...more] = verdict.noise
  if (noise === undefined || more.length > 0) throw new Error('the query has another number of noisy tables than one')
  return { ...verdict, noise }
}

/** What an executor reads before noise; of units all that it could read. */
export async function exactTexts(database: Database, statement: NoiseStatement): Promise<ExactTextsAndUnits> {
  const { cellsSql, histograms, units, groups } = statement
  const read = async (sql: string) => (await database.query(sql)) as unknown as readonly TextRow[]
  const exact = { cells: await read(cellsSql), histograms: await Promise.all(histograms.map(({ sql }) => read(sql))) }
  if (units === null) return exact
  if (groups === 0) return { ...exact, units: await read(units.sql) }
  const keys = exact.cells.map((row) => row.slice(0, groups))
  await fill((sql) => database.query(sql), units.open, keys)
  try {
    return { ...exact, units: await read(units.sql) }
  } finally {
    await database.query(`DROP TABLE ${quote(units.open.table)}`)
  }
}

interface ReadsNoise {
  readonly noise: NoiseStatement
  readonly resultSql: string
}

/** The result over the noisy cells alone: where it is made there is no dataset. */
export async function resultOf(
  { noise, resultSql }: ReadsNoise,
  exact: ExactTextsAndUnits,
  random?: RandomSource,
): Promise<readonly Row[]> {
  return inRoom(async (room) => {
    await room.fill(noise, addNoise(noise, exact, random))
    return room.query(resultSql)
  })
}

/** As an executor goes through the noisy tables of a query: each is made before the exact cells of the next are read. */
export async function resultOfAll(
  { noise, resultSql }: Pick<Allowed, 'noise' | 'resultSql'>,
  database: Database,
  random?: RandomSource,
): Promise<readonly Row[]> {
  return inRoom(async (room) => {
    for (const statement of noise) {
      const rows = addNoise(statement, await exactTexts(database, statement), random)
      await fill((sql) => database.query(sql), statement, rows)
      await room.fill(statement, rows)
    }
    for (const { table } of noise) await database.query(`DROP TABLE ${quote(table)}`)
    return room.query(resultSql)
  })
}

type Query = (sql: string) => Promise<readonly Row[]>

/** The table of noisy cells, as an executor makes it. */
export async function fill(
  query: Query,
  { table, columns }: Pick<NoiseStatement, 'table' | 'columns'>,
  rows: readonly TextRow[],
): Promise<void> {
  await query(createTable({ id: table, schema: { columns } }))
  if (rows.length === 0) return
  const text = (value: string | null) => (value === null ? 'NULL::VARCHAR' : `'${value.replaceAll("'", "''")}'`)
  const values = rows.map((row) => `(${row.map(text).join(', ')})`).join(', ')
  const list = columns.map(({ type }, i) => `TRY_CAST(c${i} AS ${type})`)
  await query(
    `INSERT INTO ${quote(table)} SELECT ${list.join(', ')} FROM (VALUES ${values}) t(${columns.map((_, i) => `c${i}`).join(', ')})`,
  )
}

interface Room {
  readonly query: Query
  readonly fill: (statement: NoiseStatement, rows: readonly TextRow[]) => Promise<void>
}

async function inRoom<T>(use: (room: Room) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRows()
  try {
    return await use({ query, fill: (statement, rows) => fill(query, statement, rows) })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
