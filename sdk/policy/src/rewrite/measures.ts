import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'
import type { FamilyOverRows, RowAggregate } from './rows.ts'
import { type Side, sidesBesides, sidesOf } from './sides.ts'

/** The distinct units of one protected dataset on one side of a cell: what a threshold compares with the minimum. */
export interface Measure {
  /** the column of the number of units: exact, or a lower bound that reaches the minimum */
  readonly name: string
  /** whose units they are; null where that cannot be said */
  readonly slot: string | null
  /** the unit of a row on whichever side */
  readonly base: Node
  /** the unit of a row on this side, NULL for every other row */
  readonly unit: Node
  /** the unit's bit in a sketch, a word each, as the unit is */
  readonly bits: readonly Node[]
  /** the column of the number of rows on this side, where no row at all is as good as enough units */
  readonly rows: string | null
  readonly side: Side
}

/** Sides that must reach the minimum together: of the cell as a whole, or of one aggregate in it. */
export interface Measures {
  readonly all: readonly Measure[]
  readonly ofCell: readonly Measure[]
  /** by the aggregate's name; empty where the cell's own threshold covers it */
  readonly ofAggregate: ReadonlyMap<string, readonly Measure[]>
}

/** Aggregates that need the same units share a measure, so a second sum of a column costs no second threshold. */
export function measuresOf({ units, aggregates, besides, rows }: FamilyOverRows, withoutValue: boolean): Measures {
  const found = new Map<string, Measure>()
  const add = (side: Side): readonly Measure[] =>
    side.units.map((column) => {
      const unit = side.within(write(column))
      const key = `${ast.textOf(unit)} ${side.noneIsFine}`
      const name = `m${found.size}`
      const measure = found.get(key) ?? {
        name,
        slot: column.slot,
        base: write(column),
        unit,
        bits: rows.bitsOf(column).map(side.within),
        side,
        rows: side.noneIsFine ? `r${found.size}` : null,
      }
      found.set(key, measure)
      return measure
    })
  const ofCell = [{ within: (node: Node) => node, units, noneIsFine: false }, ...sidesBesides(besides, units)].flatMap(add)
  const sides = (a: RowAggregate) => sidesOf(a, withoutValue).flatMap(add)
  const ofAggregate = new Map(aggregates.map((a) => [a.name, sides(a)]))
  return { all: [...found.values()], ofCell, ofAggregate }
}
