import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { column } from './pieces.ts'

/**
 * The rows of all of these, whose columns have the same names. The parser makes a tree of its own of a chain of UNION ALL, so here
 * none has more than two sides.
 * @throws Error if there is none
 */
export function unionAll(sides: readonly Node[], names: readonly string[]): Node {
  const [first, ...rest] = sides
  if (first === undefined) throw new Error('a union has a side')
  const list = names.map((name) => ast.named(column(name), name))
  return rest.reduce((all, side, i) => {
    const before = i === 0 ? all : ast.select({ list, from: ast.subquery(all, 'x') })
    return ast.setOperation('UNION', true, before, side)
  }, first)
}
