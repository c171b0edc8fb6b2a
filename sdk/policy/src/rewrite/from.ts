import type { Derived, From } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'
import { withValues } from './values.ts'

const joinTypes = { inner: 'INNER', left: 'LEFT', full: 'FULL', cross: 'INNER' } as const

export function writeFrom(from: From): Node {
  if (from.kind === 'relation') {
    const { source, table } = from.relation
    switch (source.kind) {
      case 'slot':
        return ast.table(source.slot.id, table)
      case 'block':
        return ast.table(source.block.name, table)
      case 'derived':
        return ast.subquery(writeDerived(source.derived), table)
    }
  }
  const equalities = from.equalities.map(({ left, right }) =>
    write({ kind: 'compare', op: 'COMPARE_EQUAL', left, right, type: { family: 'boolean', sql: 'BOOLEAN' } }),
  )
  const condition = equalities.length === 0 ? null : ast.conjunction('and', equalities)
  return ast.join(joinTypes[from.join], writeFrom(from.left), writeFrom(from.right), condition)
}

function writeDerived({ from, where, columns }: Derived): Node {
  return ast.select({
    list: columns.map((c) => ast.named(c.value === null ? ast.nothing() : write(c.value), c.name)),
    from: withValues(writeFrom(from), [where, ...columns.map((c) => c.value)]),
    where: where === null ? null : write(where),
  })
}
