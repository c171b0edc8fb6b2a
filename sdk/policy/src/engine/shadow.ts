import type { DuckDBConnection } from '@duckdb/node-api'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'
import { checkPlan } from './plan.ts'

export interface OutputColumn {
  readonly name: string
  /** DuckDB's name of the type */
  readonly type: string
}

/**
 * The second lock: the rewritten SQL is bound by the engine itself against empty tables that have the declared columns
 * and nothing else, and the bound plan is walked by allow-list. Tables are temporary, so they die with the connection.
 */
export async function bindAgainstShadow(
  connection: DuckDBConnection,
  sql: string,
  slots: readonly Slot[],
  /** ids of datasets whose rows the query may show */
  shown: ReadonlySet<string> = new Set(),
): Promise<readonly OutputColumn[]> {
  for (const slot of slots) await connection.run(createTable(slot))
  const reader = await connection.runAndReadAll('SELECT json_serialize_plan($sql::VARCHAR, optimize := false)', { sql })
  const plan: unknown = JSON.parse(String(reader.getRows()[0]?.[0]))
  checkPlan(
    plan,
    slots.map((s) => (shown.has(s.id) ? { ...s, unit: null } : s)),
  )
  return describe(connection, sql)
}

/** Binds and does not optimise, which costs more than everything else. The plan was judged before. */
async function describe(connection: DuckDBConnection, sql: string): Promise<readonly OutputColumn[]> {
  const reader = await connection
    .runAndReadAll(`DESCRIBE ${sql}`)
    .catch(() => refuse('binding-failed', 'the rewritten query does not bind'))
  return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
}

/** Names are quoted and types come from the closed list of the schema, so nothing in a schema is read as SQL. */
export function createTable({ id, schema }: Slot): string {
  const columns = schema.columns.map(({ name, type }) => `${quote(name)} ${type}`)
  return `CREATE TEMP TABLE ${quote(id)} (${columns.join(', ')})`
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
