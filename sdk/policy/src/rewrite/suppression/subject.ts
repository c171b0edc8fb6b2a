import type { Node } from '../../ast/build.ts'
import * as ast from '../../ast/build.ts'
import { maskColumn, maskOf, rowsColumn } from '../cells.ts'
import type { Family } from '../family.ts'
import type { Measure } from '../measures.ts'
import { type CellsSoFar, column, type Piece } from '../pieces.ts'
import { bitsIn } from '../sketch.ts'
import { sketchColumns } from '../units.ts'

/** One thing of every cell that is shown or not: the cell itself, or those aggregates in it that need the same units. */
export interface Subject {
  /** the column that is 1 where it is hidden, 0 where it is shown */
  readonly hidden: string
  /** all must reach the minimum */
  readonly measures: readonly Measure[]
}

/** Steps that decide further, over the cells of a family: `cells` has the subject's column `hidden` afterwards. */
export interface Decided {
  readonly pieces: readonly Piece[]
  readonly cells: CellsSoFar
}

export type GroupingSet = readonly number[]

export function isOfSet(family: Family, set: GroupingSet): Node {
  return ast.comparison('COMPARE_EQUAL', column(maskColumn), maskOf(family, set))
}

/** Cells that agree in the groups of a set; which of them count, a condition on the mask must say. */
export function within(family: Family, set: GroupingSet): { readonly partitions: readonly Node[] } {
  return { partitions: set.map((i) => column(family.groups[i]?.name ?? '')) }
}

/** From the cell of the fewest rows, ties in the order of the groups: the same choice in every run. */
export function smallestFirst(family: Family): readonly Node[] {
  return [column(rowsColumn), ...family.groups.map((g) => column(g.name)), column(maskColumn)]
}

export function isOne(name: string): Node {
  return ast.comparison('COMPARE_EQUAL', column(name), ast.integer(1n))
}

export function isNotOne(name: string): Node {
  return ast.comparison('COMPARE_NOTEQUAL', column(name), ast.integer(1n))
}

export function all(terms: readonly Node[]): Node {
  return ast.conjunction('and', terms)
}

export function any(terms: readonly Node[]): Node {
  return ast.conjunction('or', terms)
}

/** 1 or 0, never NULL. */
export function flag(condition: Node): Node {
  return ast.choose(condition, ast.integer(1n), ast.integer(0n))
}

/** The largest of a flag over a partition: whether it is set anywhere in it. */
export function anywhere(condition: Node, over: { readonly partitions: readonly Node[] }): Node {
  return ast.window('max', [flag(condition)], over)
}

export function reachesMinimum(name: string, minimum: number): Node {
  return ast.comparison('COMPARE_GREATERTHANOREQUALTO', column(name), ast.integer(BigInt(minimum)))
}

/** A lower bound of the units of a measure in all cells together for which the condition holds; 0 where it holds for none. */
export function unitsTogether(
  measure: Measure,
  minimum: number,
  condition: Node,
  over: { readonly partitions: readonly Node[] },
): Node {
  const words = sketchColumns(measure, minimum).map((name) =>
    ast.window('bit_or', [ast.choose(condition, column(name), ast.nothing())], over),
  )
  const most = ast.window('max', [ast.choose(condition, column(measure.name), ast.integer(0n))], over)
  return ast.call('greatest', [bitsIn(words), most])
}
