import { slotsOf } from '../analysis/block.ts'
import { bitsOf, maskColumn } from './cells.ts'
import type { Family } from './family.ts'
import { namesOf } from './lanes.ts'
import type { Measure, Measures } from './measures.ts'
import type { CellsSoFar } from './pieces.ts'
import { sketchColumns } from './units.ts'

// Where a rule wants cells compared with what was shown before, the cells of a family become a table of their own, with a
// sketch of the units behind each. Whoever runs the query compares, writes 0 units where a cell may not be shown, and then runs
// what follows: to it such a cell is one of too few units, and is hidden with whatever would give it away.

/** The columns that a measure's cells are compared by. */
export interface SketchColumns {
  readonly slot: string
  /** of the slot's own rule: fewer units than these make two cells near */
  readonly minimum: number
  /** the number of units, exact or a lower bound; 0 hides */
  readonly units: string
  /** cells of fewer units are hidden anyway */
  readonly threshold: number
  readonly rows: string
  readonly sum: string
  readonly lanes: readonly string[]
  /** what the cell's units are known by otherwise: NULL where the cell is hidden */
  readonly bits: readonly string[]
}

/** The cells of one family, to be kept in a table before what follows. */
export interface CellTable {
  readonly table: string
  readonly sketches: readonly SketchColumns[]
  /** the values of a column that say of cells that no result can hold; null where all cells can be shown */
  readonly never: { readonly column: string; readonly is: readonly number[] } | null
}

/** The smallest group per slot whose cells are compared. */
export type Compared = ReadonlyMap<string, number>

/**
 * The measures of a family whose cells are compared, each with its slot's own minimum. A dataset that only tells more of the units
 * of another one is compared by those.
 */
export function comparedMeasures({ from }: Family, { all, ofCell }: Measures, compared: Compared): readonly ComparedMeasure[] {
  const slots = [...new Set(slotsOf(from).map(({ id }) => id))]
  return slots.flatMap((slot) => {
    const minimum = compared.get(slot)
    if (minimum === undefined) return []
    const own = ofCell.some((m) => m.slot === slot) ? all.filter((m) => m.slot === slot) : all
    return own.map((measure) => ({ measure, slot, minimum }))
  })
}

export interface ComparedMeasure {
  readonly measure: Measure
  readonly slot: string
  readonly minimum: number
}

export function cellTable(family: Family, cells: CellsSoFar, measures: readonly ComparedMeasure[], threshold: number): CellTable {
  const hidden = [...family.sets.slice(0, family.refined ? 1 : 0), ...family.assumed]
  return {
    table: `${family.name}_table`,
    sketches: measures.map(({ measure, slot, minimum }) => ({
      slot,
      minimum,
      units: measure.name,
      threshold,
      ...sketchNames(measure, minimum),
      bits: sketchColumns(measure, threshold).filter((name) => cells.columns.includes(name)),
    })),
    never: hidden.length === 0 ? null : { column: maskColumn, is: hidden.map((set) => Number(bitsOf(family, set))) },
  }
}

function sketchNames(measure: Measure, minimum: number) {
  const { rows, sum, lanes } = namesOf(measure, minimum)
  return { rows, sum, lanes }
}

/** The tables that are there once the statements before have run hold no sketches for what follows. */
export function tableOf({ table, sketches }: CellTable, cells: CellsSoFar): CellsSoFar {
  const own = new Set(sketches.flatMap(({ rows, sum, lanes }) => [rows, sum, ...lanes]))
  return { name: table, columns: cells.columns.filter((name) => !own.has(name)) }
}
