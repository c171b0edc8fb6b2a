import { quote } from '../engine/shadow.ts'
import type { CellTable, SketchColumns } from '../rewrite/history.ts'
import { type PackedSketches, packSketch } from './cell-sketch.ts'
import type { ShownCells } from './near-cells.ts'

/** What the engine is told to make, show and hide of one table of cells. Texts alone, so that a process without this package can. */
export interface ComparisonSql {
  readonly create: string
  /** per sketch: the cells that would be shown, each as the number of its row, then its sketch in decimal texts */
  readonly read: readonly string[]
  /** per sketch: to be followed by numbers of rows in parentheses */
  readonly hide: readonly string[]
}

export function comparisonSql({ table, sql, sketches, never }: CellTable & { readonly sql: string }): ComparisonSql {
  const name = quote(table)
  const shown = never === null ? '' : ` AND ${quote(never.column)} NOT IN (${never.is.join(', ')})`
  return {
    create: `CREATE TEMP TABLE ${name} AS ${sql}`,
    read: sketches.map(({ units, threshold, rows, sum, lanes }) => {
      const list = [quote(rows), quote(sum), ...lanes.map((lane) => `coalesce(${quote(lane)}, 0)`)]
      const texts = list.map((item) => `CAST(${item} AS VARCHAR)`)
      return `SELECT rowid, ${texts.join(', ')} FROM ${name} WHERE ${quote(units)} >= ${threshold} AND ${quote(rows)} > 0${shown}`
    }),
    hide: sketches.map(({ units, bits }) => {
      const set = [`${quote(units)} = 0`, ...bits.map((bit) => `${quote(bit)} = NULL`)]
      return `UPDATE ${name} SET ${set.join(', ')} WHERE rowid IN`
    }),
  }
}

/** One cell as `read` gives it. */
export type ReadCell = readonly [row: number, rows: string, sum: string, ...lanes: string[]]

/**
 * Admits the cells of one sketch, in an order that does not depend on the order of rows.
 * @returns numbers of the rows that may not be shown
 */
export function admitCells(cells: readonly ReadCell[], { minimum }: Pick<SketchColumns, 'minimum'>, shown: ShownCells): number[] {
  const read = cells.map(([row, rows, sum, ...lanes]) => ({
    row,
    sketch: { rows: BigInt(rows), sum: BigInt(sum), lanes: lanes.map(BigInt) },
  }))
  const packed = read.map(({ row, sketch }) => ({ row, packed: packSketch(sketch, minimum) }))
  return packed.sort((a, b) => compare(a.packed, b.packed)).flatMap(({ row, packed: own }) => (shown.admit(own) ? [] : [row]))
}

/** Fewer rows first, so that of a total and nearly all of it the part stays. */
function compare(a: PackedSketches, b: PackedSketches): number {
  for (let i = a.length - 5; i >= a.length - 6; i--) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}
