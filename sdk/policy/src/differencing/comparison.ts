import { quote } from '../engine/shadow.ts'
import type { CellTable, SketchColumns } from '../rewrite/history.ts'
import { type PackedSketches, packSketch } from './cell-sketch.ts'

/**
 * What the engine is told to make, show and hide of one table of cells. Texts alone, so that a process
 * without this package can.
 */
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

/** One cell as `read` gives it: number of rows, sum, lanes. */
export type ReadCell = readonly [row: number, ...texts: string[]]

export interface PackedCell {
  readonly row: number
  readonly sketch: PackedSketches
}

/** Cells in the order in which they are admitted, which does not depend on the order of rows. */
export function packCells(cells: readonly ReadCell[], { minimum }: Pick<SketchColumns, 'minimum'>): readonly PackedCell[] {
  const packed = cells.map(([row, ...texts]) => {
    const [rows, sum, ...lanes] = texts.map(BigInt)
    if (rows === undefined || sum === undefined) throw new Error('a cell has rows and a sum')
    return { row, sketch: packSketch({ rows, sum, lanes }, minimum) }
  })
  return packed.sort((a, b) => compare(a.sketch, b.sketch))
}

/** Fewer rows first, so that of a total and nearly all of it the part stays. */
function compare(a: PackedSketches, b: PackedSketches): number {
  for (let i = a.length - 5; i >= a.length - 6; i--) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}
