import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'
import { quote } from '../engine/shadow.ts'
import type { Dataset } from './honest/field.ts'
import { slots } from './slots.ts'

// Rows from arithmetic on row numbers: the same on every machine. Some groups are far below the minimum, some columns
// hold NULL, quotes, values outside the bounds, and one secret that no allowed query may show.

export const secret = 'Ada Oberon-Lund'

const rows: Readonly<Record<string, string>> = {
  states: `SELECT 'S' || i, CASE i WHEN 3 THEN 'O''Brien "land"' ELSE 'State ' || i END FROM range(8) t(i)`,
  airports: `SELECT 'A' || i, 'Airport ' || i, 'City ' || (i % 11), 'S' || (i * i % 8), 'X', i, -i, i FROM range(40) t(i)`,
  flights: `SELECT TIMESTAMP '2001-01-01' + to_hours(((i * 17) % 2160)::INTEGER),
      CASE WHEN i % 97 = 0 THEN NULL WHEN i % 501 = 0 THEN 9000 ELSE (i * 31) % 240 - 40 END, (i * 53) % 2500,
      CASE WHEN i % 211 = 0 THEN NULL ELSE 'A' || ((i * i) % 41) END, 'A' || (i % 40) FROM range(6000) t(i)`,
  strikes: `SELECT CASE WHEN i % 3 = 0 THEN 'State ' || (i % 5) ELSE 'State ' || (i % 8) END,
      DATE '1999-06-01' + (i * 13 % 900)::INTEGER, 'Operator ' || (i * i % 37), CASE i % 4 WHEN 0 THEN 'Small' WHEN 1 THEN 'Medium' WHEN 2 THEN 'Large' END,
      CASE WHEN i % 9 = 0 THEN NULL ELSE i * 101 % 4000 END, 'remark' FROM range(1500) t(i)
      UNION ALL SELECT 'Lonely', DATE '2000-02-02', 'Operator 1', 'Large', 77777, '${secret}' FROM range(30) t(i)`,
  patients: `SELECT i % 300, CASE i % 300 WHEN 42 THEN '${secret}' ELSE 'Person ' || (i % 300) END, (i % 300) * 7 % 91, 'Region ' || ((i % 300) % 13),
      DATE '2019-01-01' + (i * 29 % 700)::INTEGER, ((i * 7919) % 1000000) / 100.0, ((i * 104729) % 20000) / 100.0 - 100,
      i % 20, CASE WHEN i % 17 = 0 THEN NULL ELSE i % 300 % 3 = 0 END FROM range(1200) t(i)
      UNION ALL SELECT 5000, 'Hermit', 33, 'Alone', DATE '2020-03-03', 99999.99, 1.5, 3, TRUE FROM range(40) t(i)`,
  pupils: `SELECT i * 2, 'School ' || (i % 9), 5 + i % 8, (i * 37 % 1000) / 10.0 FROM range(150) t(i)`,
}

const sixDatasets: readonly Dataset[] = slots.map((slot) => ({ slot, rows: rows[slot.id] ?? '' }))

export type Row = readonly DuckDBValue[]

export interface Database {
  readonly query: (sql: string) => Promise<readonly Row[]>
  readonly close: () => void | Promise<void>
}

/** Datasets with their rows, in a real DuckDB: the six, unless others are given. */
export async function openDatabase(datasets: readonly Dataset[] = sixDatasets): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  for (const { slot, rows } of datasets) {
    const columns = slot.schema.columns.map(({ name, type }) => `${quote(name)} ${type}`)
    await connection.run(`CREATE TABLE ${quote(slot.id)} (${columns.join(', ')})`)
    await connection.run(`INSERT INTO ${quote(slot.id)} ${rows}`)
  }
  return {
    query: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Values as comparable text; numbers to ten digits, since a plain DOUBLE sum depends on the order of rows. */
export function readable(rows: readonly Row[]): readonly string[] {
  const one = (value: DuckDBValue): string => {
    if (value === null) return 'NULL'
    const text = String(value)
    return /^-?[\d.]+(e[+-]?\d+)?$/i.test(text) ? Number(Number(text).toPrecision(10)).toString() : text
  }
  return rows.map((row) => row.map(one).join(' | '))
}
