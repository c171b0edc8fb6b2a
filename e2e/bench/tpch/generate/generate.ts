import type { DuckDBConnection } from '@duckdb/node-api'
import { numbersSql, type Scale } from './draw.ts'
import { lineitemSql, ordersSql } from './orders.ts'
import { customerSql, nationSql, regionSql, supplierSql } from './parties.ts'
import { partSql, partsuppSql } from './parts.ts'
import { passagesSql } from './text.ts'

const rowsOf: Readonly<Record<string, (scale: Scale) => string>> = {
  region: regionSql,
  nation: nationSql,
  supplier: supplierSql,
  part: partSql,
  partsupp: partsuppSql,
  customer: customerSql,
  orders: ordersSql,
  lineitem: lineitemSql,
}

/** Prepares what rows are counted by and what texts are cut from, once per database. */
export async function openGenerator(connection: DuckDBConnection, scale: Scale): Promise<void> {
  await connection.run(numbersSql(scale))
  await connection.run(passagesSql(scale))
}

/** SELECT that gives the rows of one table, as they come: no table is held or sorted, so memory does not grow with the scale. */
export function generated(table: string, scale: Scale): string {
  const sql = rowsOf[table]
  if (sql === undefined) throw new Error(`TPC-H has no table ${table}`)
  return sql(scale)
}
