import type { DuckDBConnection } from '@duckdb/node-api'
import { dateChecks, keyChecks, moneyChecks, partChecks, rowChecks, textChecks } from './checks.ts'
import type { Scale } from './draw.ts'

/** One property of the tables: a number that lies between two. */
export interface Check {
  readonly says: string
  /** of one row with one number */
  readonly sql: string
  readonly low: number
  readonly high: number
}

/**
 * What of the specification's cardinalities and distributions the tables of a connection, or views over files, do not have.
 * Distributions are given five standard deviations.
 * @returns one sentence each
 */
export async function missedChecks(connection: DuckDBConnection, scale: Scale): Promise<readonly string[]> {
  const checks = [rowChecks, keyChecks, partChecks, dateChecks, moneyChecks, textChecks].flatMap((of) => of(scale))
  const missed: string[] = []
  for (const { says, sql, low, high } of checks) {
    const found = Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0] ?? Number.NaN)
    if (!(found >= low && found <= high)) missed.push(`${says}: ${found} is not from ${low} to ${high}`)
  }
  return missed
}
