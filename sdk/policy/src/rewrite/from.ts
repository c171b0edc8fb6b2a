import type { Derived, DerivedColumn, From } from '../analysis/block.ts'
import { type Column, columnsOf } from '../analysis/expression.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { exact } from './aggregates.ts'
import { write } from './expressions.ts'
import { withValues } from './values.ts'

const joinTypes = { inner: 'INNER', left: 'LEFT', full: 'FULL', cross: 'INNER' } as const

/** A gate with a row or none, and the columns that are read: without a row, no dataset behind it is read. */
export interface Behind {
  readonly gate: Node
  readonly columns: readonly Column[]
}

export function writeFrom(from: From, behind: Behind | null = null): Node {
  const all = behind === null ? null : { ...behind, columns: [...behind.columns, ...joiningColumns(from)] }
  return writeJoined(from, all)
}

function writeJoined(from: From, behind: Behind | null): Node {
  if (from.kind === 'relation') {
    const { source, table } = from.relation
    switch (source.kind) {
      case 'slot':
        return behind === null ? ast.table(source.slot.id, table) : writeBehind(source.slot.id, table, behind)
      case 'block':
        return ast.table(source.block.name, table)
      case 'derived':
        return ast.subquery(writeDerived(source.derived, behind), table)
    }
  }
  const equalities = from.equalities.map(({ left, right }) =>
    write({ kind: 'compare', op: 'COMPARE_EQUAL', left, right, type: { family: 'boolean', sql: 'BOOLEAN' } }),
  )
  const condition = equalities.length === 0 ? null : ast.conjunction('and', equalities)
  return ast.join(joinTypes[from.join], writeJoined(from.left, behind), writeJoined(from.right, behind), condition)
}

function writeBehind(slot: string, table: string, { gate, columns }: Behind): Node {
  const names = [...new Set(columns.filter((c) => c.table === table).map((c) => c.name))]
  const list = names.length === 0 ? [ast.named(ast.integer(1n), 'one')] : names.map((n) => ast.named(ast.column('x', n), n))
  return ast.subquery(ast.select({ list, from: ast.join('INNER', ast.table(slot, 'x'), gate, null) }), table)
}

function joiningColumns(from: From): readonly Column[] {
  if (from.kind === 'relation') return []
  const own = from.equalities.flatMap(({ left, right }) => [...columnsOf(left), ...columnsOf(right)])
  return [...own, ...joiningColumns(from.left), ...joiningColumns(from.right)]
}

function writeDerived({ from, where, columns, grouped }: Derived, behind: Behind | null): Node {
  const read = [where, ...columns.map((c) => c.value)]
  const inner = behind === null ? null : { ...behind, columns: read.flatMap((e) => (e === null ? [] : columnsOf(e))) }
  return ast.select({
    list: columns.map((c) => ast.named(writeDerivedColumn(c), c.name)),
    from: withValues(writeFrom(from, inner), read),
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
