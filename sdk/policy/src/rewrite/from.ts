import type { Derived, DerivedColumn, From } from '../analysis/block.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { exact } from './aggregates.ts'
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

function writeDerived({ from, where, columns, grouped }: Derived): Node {
  return ast.select({
    list: columns.map((c) => ast.named(writeDerivedColumn(c), c.name)),
    from: withValues(writeFrom(from), [where, ...columns.map((c) => c.value)]),
    where: where === null ? null : write(where),
    ...(grouped ? { sets: [columns.flatMap((c, i) => (c.operation === null ? [i + 1] : []))] } : {}),
  })
}

/** A value per row or per unit, with no threshold: nothing of it comes out but through a core around it. */
function writeDerivedColumn({ operation, value, bounds, type }: DerivedColumn): Node {
  if (operation === 'rows' || value === null) return ast.call('count_star', [])
  switch (operation) {
    case null:
      return write(value)
    case 'count':
      return ast.call('count', [write(value)])
    case 'countDistinct':
      return ast.call('count', [write(value)], { distinct: true })
    case 'sum': {
      const sum = ast.call('sum', [exact(value, { bounds })])
      return type.family === 'decimal' ? sum : ast.cast(sum, type.sql, true)
    }
    case 'average':
      return ast.call('avg', [exact(value, { bounds })])
    case 'min':
    case 'max':
      return ast.call(operation, [write(value)])
  }
}
