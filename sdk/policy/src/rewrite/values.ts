import { type Expression, type Scalar, scalarsOf } from '../analysis/expression.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'

/**
 * Joins the single values that expressions take from other blocks. An aggregate gives exactly one row, whatever the block
 * holds, so the join multiplies nothing and cannot fail, as a subquery with two rows would.
 */
export function withValues(from: Node, expressions: readonly (Expression | null)[]): Node {
  const scalars = expressions.flatMap((e) => (e === null ? [] : scalarsOf(e)))
  const blocks = new Map(scalars.map((s) => [nameOf(s), s]))
  return [...blocks.values()].reduce((joined, s) => ast.join('INNER', joined, writeValue(s), null), from)
}

export function writeScalar(scalar: Scalar): Node {
  return ast.column(nameOf(scalar), 'v')
}

/** No relation of a rewritten query has such an alias: others are short or names of blocks. */
function nameOf({ block, column }: Scalar): string {
  return column === null ? `exists ${block}` : `value ${block}`
}

function writeValue(scalar: Scalar): Node {
  const value =
    scalar.column === null
      ? ast.comparison('COMPARE_GREATERTHAN', ast.call('count_star', []), ast.integer(0n))
      : ast.call('max', [ast.column('r', scalar.column)])
  return ast.subquery(ast.select({ list: [ast.named(value, 'v')], from: ast.table(scalar.block, 'r') }), nameOf(scalar))
}
