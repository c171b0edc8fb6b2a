import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Slot } from '../analysis/slots.ts'
import { type Optimizing, withUnknownRows } from './optimizing.ts'
import { createTable, type Planner, preparePlanner, quote, type Shadow, shadowOver } from './shadow.ts'

/** Empty tables of declared columns, on connections that nothing else uses. */
export interface Shadows {
  readonly use: <T>(of: Declaration, work: (shadow: Shadow) => Promise<T>) => Promise<T>
  /** For statements over the same tables that were judged before. */
  readonly optimize: <T>(declared: readonly Slot[], work: (optimizing: Optimizing) => Promise<T>) => Promise<T>
  readonly close: () => void
}

export interface Declaration {
  /** what has tables: who asks again about some of them asks with the same list */
  readonly declared: readonly Slot[]
  /** what the query may read of these */
  readonly read: readonly Slot[]
  /** ids of datasets whose rows the query may show */
  readonly shown: ReadonlySet<string>
}

interface Declared {
  /** the statements that made its tables, whole: all that a connection holds */
  readonly tables: string
  readonly connection: DuckDBConnection
  readonly planner: Planner
}

/** Connections kept for the next query over the same tables. */
const kept = 8

/**
 * Declaring tables costs more than many a query is worth, and people ask about the same datasets again and again. So a
 * connection is kept while it holds these empty tables and nothing else: one query at a time uses it, and after one that
 * was refused or failed it is closed.
 */
export function openShadows(instance: DuckDBInstance): Shadows {
  const idle: Declared[] = []
  const lend = async <T>(slots: readonly Slot[], work: (own: Declared) => Promise<T>): Promise<T> => {
    const tables = slots.map(createTable).join(';\n')
    const found = idle.findIndex((d) => d.tables === tables)
    const own = found < 0 ? await declare(instance, tables) : (idle.splice(found, 1)[0] ?? (await declare(instance, tables)))
    try {
      const result = await work(own)
      idle.push(own)
      return result
    } finally {
      if (!idle.includes(own)) close(own)
      while (idle.length > kept) close(idle.shift())
    }
  }
  return {
    use: ({ declared, read, shown }, work) =>
      lend(declared, async ({ connection, planner }) => {
        const shadow = shadowOver(connection, planner, { read, shown })
        const result = await work(shadow)
        for (const table of shadow.madeCells()) await connection.run(`DROP TABLE temp.main.${quote(table)}`)
        return result
      }),
    optimize: (declared, work) => lend(declared, ({ connection }) => withUnknownRows(connection, declared, work)),
    close() {
      for (const declared of idle.splice(0)) close(declared)
    },
  }
}

async function declare(instance: DuckDBInstance, tables: string): Promise<Declared> {
  const connection = await instance.connect()
  try {
    if (tables !== '') await connection.run(tables)
    return { tables, connection, planner: await preparePlanner(connection) }
  } catch (error) {
    connection.closeSync()
    throw error
  }
}

function close(declared: Declared | undefined): void {
  declared?.planner.destroySync()
  declared?.connection.closeSync()
}
