import type { Stack } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { unionAll } from './union-all.ts'

/** What the branches released, added up; no row where none of them released one. */
export function writeStack({ blocks, columns }: Stack): Node {
  const sides = blocks.map(({ name }) =>
    ast.select({ list: columns.map((c) => ast.named(ast.column('r', c.name), c.name)), from: ast.table(name, 'r') }),
  )
  const rows = unionAll(
    sides,
    columns.map(({ name }) => name),
  )
  const groups = columns.flatMap((c, i) => (c.merge === 'group' ? [i + 1] : []))
  const anybody = ast.comparison('COMPARE_GREATERTHAN', ast.call('count_star', []), ast.integer(0n))
  return ast.select({
    list: columns.map(({ name, merge, type }) => {
      const value = ast.column('r', name)
      const total = type.family === 'integer' ? ast.cast(ast.call('sum', [value]), type.sql, true) : ast.call('sum', [value])
      return ast.named(merge === 'group' ? value : total, name)
    }),
    from: ast.subquery(rows, 'r'),
    ...(groups.length === 0 ? { having: anybody } : { sets: [groups] }),
  })
}
