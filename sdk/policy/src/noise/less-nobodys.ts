import type { Core } from '../analysis/block.ts'
import { type Expression, keyOf } from '../analysis/expression.ts'
import { conjunctionOf } from '../analysis/operators.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { column, type Piece, piece } from '../rewrite/pieces.ts'
import { ofUnits } from './contribution.ts'

// Where every unit has one row, nothing is asked of the unit's column but whether it is NULL, and most files say in a few bytes
// that it never is. The column is long and compresses badly, and reading it takes longer than counting. So all rows are added
// up, rows of nobody are added up beside them, which are found without reading anything where there are none, and what those
// added is taken away: counts and sums of integers and DECIMALs, exactly.

/** What a core asks of its rows beside that they have a unit; null for nothing, undefined where it does not ask that. */
export function withoutUnits(core: Core): Expression | null | undefined {
  const { where } = core
  const terms = where === null ? [] : where.kind === 'logic' && where.op === 'and' ? where.terms : [where]
  const asked = new Set(ofUnits(core).map(keyOf))
  const others = terms.filter((term) => !asked.has(keyOf(term)))
  if (others.length === terms.length) return undefined
  return others.length === 0 ? null : conjunctionOf(others)
}

/** Two steps that differ in the rows that they add up, and what tells which cell a row of them is. */
export interface CellsAndNobodys {
  readonly cells: Piece
  readonly nobodys: Piece
  readonly keys: readonly string[]
  /** the column of the number of rows */
  readonly rows: string
}

/** The cells less what rows of nobody added to them, without those that no other rows are in. */
export function lessNobodys({ cells, nobodys, keys, rows }: CellsAndNobodys, name: string): Piece {
  const less = (of: string): Node => {
    const own = ast.column('y', of)
    return ast.choose(ast.operator('OPERATOR_IS_NULL', [own]), column(of), ast.call('-', [column(of), own]))
  }
  const same = keys.map((key) => ast.comparison('COMPARE_NOT_DISTINCT_FROM', column(key), ast.column('y', key)))
  const [x, y] = [ast.table(cells.name, 'x'), ast.table(nobodys.name, 'y')]
  const list = cells.columns.map((c) => ({ name: c, value: keys.includes(c) ? column(c) : less(c) }))
  // without groups there is one cell of each, whatever is in it
  if (same.length === 0) return piece(name, list, { from: ast.join('INNER', x, y, null) })
  const from = ast.join('LEFT', x, y, ast.conjunction('and', same))
  return piece(name, list, { from, where: ast.comparison('COMPARE_GREATERTHAN', less(rows), ast.integer(0n)) })
}
