import type { Slot } from '../analysis/slots.ts'
import { planOperators } from '../engine/plan.ts'
import { conditionsOf } from './conditions.ts'
import type { Scan } from './scan.ts'

type Node = Readonly<Record<string, unknown>>

/**
 * What the second lock knows, and what the engine makes of some of it. A subquery that names columns from outside, or asks
 * whether rows exist, becomes a DELIM_JOIN: its DELIM_GETs are the distinct rows of the join's other side, and read
 * nothing of their own.
 */
const known: ReadonlySet<string> = new Set([
  ...planOperators,
  ...['LOGICAL_ANY_JOIN', 'LOGICAL_DELIM_GET', 'LOGICAL_DELIM_JOIN', 'LOGICAL_EMPTY_RESULT'],
])

/** What a plan may read. */
export interface Readable {
  readonly slots: readonly Slot[]
  /** tables that statements before made */
  readonly made: ReadonlySet<string>
}

/**
 * The scans of datasets in an optimized plan, every field of which is written out.
 * @returns null where an operator or a table in it is not known; where only the columns of a scan are not, the scan has all
 */
export function scansOf(plan: unknown, readable: Readable): readonly Scan[] | null {
  const { error, plans } = (plan ?? {}) as Node
  if (error !== false || !Array.isArray(plans) || plans.length !== 1) return null
  const operators = operatorsIn(plans)
  if (!operators.every(({ type }) => known.has(String(type)))) return null
  const scans: Scan[] = []
  for (const get of operators.filter(({ type }) => type === 'LOGICAL_GET')) {
    const scan = scanOf(get, readable)
    if (scan === 'unknown') return null
    if (scan !== 'of no dataset') scans.push(scan)
  }
  return scans
}

/** Wherever they stand. */
function operatorsIn(value: unknown): readonly Node[] {
  const found: Node[] = []
  const rest: unknown[] = [value]
  while (rest.length > 0) {
    const next = rest.pop()
    if (next === null || typeof next !== 'object') continue
    if (String((next as Node).type).startsWith('LOGICAL_')) found.push(next as Node)
    rest.push(...Object.values(next))
  }
  return found
}

function scanOf(get: Node, { slots, made }: Readable): Scan | 'unknown' | 'of no dataset' {
  const { catalog, schema, table } = (get.function_data ?? {}) as Node
  if (get.name !== 'seq_scan' || catalog !== 'temp' || schema !== 'main') return 'unknown'
  if (made.has(String(table))) return 'of no dataset'
  const slot = slots.find(({ id }) => id === table)
  if (slot === undefined) return 'unknown'
  const columns = columnsOf(get, slot)
  if (columns === null) return everythingOf(slot)
  const { filters = [] } = (get.table_filters ?? {}) as { readonly filters?: readonly Node[] }
  const conditions = filters.flatMap(({ key, value }) => {
    const column = slot.schema.columns[Number(key)]
    return column === undefined ? [] : conditionsOf(value, column)
  })
  return { slot: slot.id, columns, conditions }
}

/** @returns null where a number stands for no column: the plan says which table it is, but not what of it */
function columnsOf({ column_indexes }: Node, { schema }: Slot): readonly string[] | null {
  if (!Array.isArray(column_indexes)) return null
  const columns = new Set<string>()
  for (const { has_index, index } of column_indexes as readonly Node[]) {
    if (has_index !== true || typeof index !== 'number') return null
    // the number of a row, and nothing at all, have numbers that no column can have
    if (index >= 2 ** 63) continue
    const column = schema.columns[index]
    if (column === undefined) return null
    columns.add(column.name)
  }
  return [...columns]
}

/** All columns of all rows. */
export function everythingOf({ id, schema }: Slot): Scan {
  return { slot: id, columns: schema.columns.map(({ name }) => name), conditions: [] }
}
