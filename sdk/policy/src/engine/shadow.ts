import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'
import { onlyText } from './only-text.ts'
import { checkPlan } from './plan.ts'
import { type OutputColumn, outputsOf } from './plan-outputs.ts'

/**
 * The second lock: rewritten SQL is bound by the engine itself against empty tables that have the declared columns
 * and nothing else, and the bound plan is walked by allow-list. Tables are temporary, so only their connection sees them.
 */
export interface Shadow {
  readonly bind: (sql: string) => Promise<readonly OutputColumn[]>
  /** Binds what becomes a table of cells, and makes that table, as empty as the others. */
  readonly bindCells: (table: string, sql: string) => Promise<readonly OutputColumn[]>
  /** Binds what gives exact cells to whoever adds noise to them: no table is made of it. */
  readonly bindExact: (sql: string) => Promise<void>
  /**
   * Makes a table of noisy cells. But for exact cells, what is bound from now on reads such and public datasets, and
   * nothing that is protected.
   */
  readonly makeNoisy: (table: string, columns: readonly OutputColumn[]) => Promise<void>
  /** names of the tables of cells that were made */
  readonly madeCells: () => readonly string[]
}

/** A statement that gives the bound plan of the text bound to it. */
export type Planner = DuckDBPreparedStatement

export function preparePlanner(connection: DuckDBConnection): Promise<Planner> {
  return connection.prepare(serializePlan)
}

/** Over a connection that holds the declared tables. */
export function shadowOver(
  connection: DuckDBConnection,
  planner: Planner,
  { read, shown }: { readonly read: readonly Slot[]; readonly shown: ReadonlySet<string> },
): Shadow {
  const all = read.map((s) => (shown.has(s.id) ? { ...s, unit: null } : s))
  const cells: string[] = []
  const noisy: string[] = []
  const open = () => (noisy.length === 0 ? all : all.filter(({ unit }) => unit === null))
  const bind = async (sql: string, sketches: boolean, slots = open()) => {
    planner.bindVarchar(1, sql)
    const text = await onlyText(planner).catch(() => refuse('too-complex', 'the engine cannot plan the rewritten query'))
    const plan: unknown = JSON.parse(text)
    checkPlan(plan, { slots, cells, noisy, sketches })
    return outputsOf(plan) ?? describe(connection, sql)
  }
  return {
    bind: (sql) => bind(sql, false),
    async bindCells(table, sql) {
      const columns = await bind(sql, true)
      if (columns.some(({ type }) => !/^[A-Z]+(\(\d+,\d+\))?$/.test(type)))
        refuse('binding-failed', 'the cells of the query have other types than columns have')
      await connection.run(createTable({ id: table, schema: { columns } }))
      cells.push(table)
      return columns
    },
    async bindExact(sql) {
      await bind(sql, false, all)
    },
    async makeNoisy(table, columns) {
      await connection.run(createTable({ id: table, schema: { columns } }))
      noisy.push(table)
    },
    madeCells: () => [...cells, ...noisy],
  }
}

/** Without what is empty or a default: a third of the plan, which is long. */
const serializePlan =
  'SELECT json_serialize_plan($1::VARCHAR, skip_null := true, skip_empty := true, skip_default := true, optimize := false)'

/** Binds and does not optimise, which costs more than everything else. The plan was judged before. */
async function describe(connection: DuckDBConnection, sql: string): Promise<readonly OutputColumn[]> {
  const reader = await connection
    .runAndReadAll(`DESCRIBE ${sql}`)
    .catch(() => refuse('binding-failed', 'the rewritten query does not bind'))
  return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }))
}

/** Names are quoted and types come from the closed list of the schema, or from the engine, so nothing here is read as SQL. */
export function createTable({
  id,
  schema,
}: {
  readonly id: string
  readonly schema: { readonly columns: readonly OutputColumn[] }
}): string {
  const columns = schema.columns.map(({ name, type }) => `${quote(name)} ${type}`)
  return `CREATE TEMP TABLE ${quote(id)} (${columns.join(', ')})`
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
