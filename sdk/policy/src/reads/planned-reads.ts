import { readSlots, type Slot, type SlotInput } from '../analysis/slots.ts'
import type { Engine } from '../engine/instance.ts'
import type { Optimizing } from '../engine/optimizing.ts'
import type { Statements } from '../guard.ts'
import type { NoiseStatement } from '../noise/noise-statement.ts'
import type { Scan } from './scan.ts'
import { everythingOf, scansOf } from './scans.ts'

export interface ReadsRequest {
  /** the same as the guard was given */
  readonly slots: readonly SlotInput[]
  /** what the guard answered */
  readonly statements: Pick<Statements, 'cells' | 'resultSql'> & { readonly noise: readonly ReadForNoise[] }
}

type ReadForNoise = Pick<NoiseStatement, 'cellsSql' | 'histograms' | 'units' | 'table' | 'columns'>

/**
 * What DuckDB will read at most of the datasets, for all statements of a query. It depends on the query alone: no value of any
 * row is known here. Where a plan is not understood, all columns of all rows.
 * @returns scans in no order; several of one dataset are read together. A dataset without one is not read, but for its schema.
 */
export async function plannedReads(engine: Engine, { slots, statements }: ReadsRequest): Promise<readonly Scan[]> {
  const declared = readSlots(slots)
  const scans = await engine.shadows
    .optimize(declared, (optimizing) => scansOfAll(statements, declared, optimizing))
    .catch(() => null)
  return scans ?? declared.map(everythingOf)
}

/** Each statement with the tables that those before it make. */
async function scansOfAll(
  { cells, noise, resultSql }: ReadsRequest['statements'],
  slots: readonly Slot[],
  optimizing: Optimizing,
): Promise<readonly Scan[] | null> {
  const made = new Set<string>()
  const scans: Scan[] = []
  const add = async (sql: string): Promise<boolean> => {
    const found = scansOf(await optimizing.optimized(sql), { slots, made })
    scans.push(...(found ?? []))
    return found !== null
  }
  const make = async (table: string, columns: Parameters<Optimizing['make']>[1]) => {
    await optimizing.make(table, columns)
    made.add(table)
  }
  for (const { table, columns, sql } of cells) {
    if (!(await add(sql))) return null
    await make(table, columns)
  }
  for (const { table, columns, cellsSql, histograms, units } of noise) {
    for (const sql of [cellsSql, ...histograms.map((h) => h.sql)]) if (!(await add(sql))) return null
    if (units !== null) {
      if (units.open.columns.length > 0) await make(units.open.table, units.open.columns)
      if (!(await add(units.sql))) return null
    }
    await make(table, columns)
  }
  return (await add(resultSql)) ? scans : null
}
