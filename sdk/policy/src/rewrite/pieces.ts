import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'

/** A named step of the rewrite: a common table expression over the cells of a family. */
export interface Piece extends ast.CommonTable {
  readonly columns: readonly string[]
}

/** What a step reads: one before it, or a table. */
export type CellsSoFar = Pick<Piece, 'name' | 'columns'>

export interface Named {
  readonly name: string
  readonly value: Node
}

export function piece(name: string, list: readonly Named[], rest: Omit<ast.SelectParts, 'list'>): Piece {
  const select = ast.select({ ...rest, list: list.map((item) => ast.named(item.value, item.name)) })
  return { name, columns: list.map((item) => item.name), select }
}

/** A column of the piece that a step reads. */
export function column(name: string): Node {
  return ast.column('x', name)
}

/** Every column of a piece as it is, and more. */
export function extend(from: CellsSoFar, name: string, more: readonly Named[], rest: Partial<ast.SelectParts> = {}): Piece {
  const changed = new Map(more.map((item) => [item.name, item.value]))
  const kept = from.columns.filter((c) => !changed.has(c)).map((c) => ({ name: c, value: column(c) }))
  return piece(name, [...kept, ...more], { from: ast.table(from.name, 'x'), ...rest })
}
