import type { Column } from '../analysis/expression.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { type Bound, numberOf, withinBounds } from '../rewrite/contributions.ts'
import type { Piece } from '../rewrite/pieces.ts'

// Rows that stay within the bounds of their units. Numbering rows sorts them, which costs more than anything else here, and few
// units are over a bound: a unit with no more rows than the least of its bounds is over none, neither in rows nor in groups.
// So units with more are found first, by counting, and their rows alone are numbered. All rows of such a unit are, so those
// that stay are the same as if all rows of all units had been numbered; and whether a unit is numbered depends on no other.

/** Rows as a step of the rewrite, with what the numbers of rows and groups depend on. */
export interface NumberedRows {
  readonly rows: Piece
  /** over columns of the rows */
  readonly bounds: readonly Bound[]
  /** columns of the rows that say which group a row is of */
  readonly keys: readonly string[]
}

/** The steps to the rows that stay, of which the last has them. */
export function keepWithinBounds(numbered: NumberedRows): readonly Piece[] {
  const { rows, bounds } = numbered
  const units = [...new Map(bounds.map(({ unit }) => [unit.name, unit])).values()]
  const over = units.map((unit, i) => unitsOver(numbered, unit, `${rows.name}_over${i}`))
  const { columns } = rows
  const list = columnsOf(columns).map((node, i) => ast.named(node, columns[i] ?? ''))
  const beside = units.reduce(
    (from, unit, i) => {
      const isOver = ast.comparison('COMPARE_EQUAL', ast.column('w', unit.name), ast.column(`o${i}`, 'unit'))
      return ast.join('LEFT', from, ast.table(over[i]?.name ?? '', `o${i}`), isOver)
    },
    ast.table(rows.name, 'w'),
  )
  const found = units.map((_, i) => ast.column(`o${i}`, 'unit'))
  const none = ast.conjunction(
    'and',
    found.map((unit) => ast.operator('OPERATOR_IS_NULL', [unit])),
  )
  const some = ast.conjunction(
    'or',
    found.map((unit) => ast.operator('OPERATOR_IS_NOT_NULL', [unit])),
  )
  const within = ast.select({ list, from: beside, where: none })
  const first = keepFirst(ast.select({ list, from: beside, where: some }), numbered)
  const kept: Piece = { name: `${rows.name}_kept`, columns, select: ast.setOperation('UNION', true, within, first), once: false }
  return [...over, kept]
}

/** Units with more rows than the least of their bounds. Rows without a unit are nobody's. */
function unitsOver({ rows, bounds }: NumberedRows, unit: Column, name: string): Piece {
  const own = bounds.filter((bound) => bound.unit.name === unit.name)
  const least = own.reduce((least, { most }) => Math.min(least, most), Number.MAX_SAFE_INTEGER)
  const value = ast.column('w', unit.name)
  const select = ast.select({
    list: [ast.named(value, 'unit')],
    from: ast.table(rows.name, 'w'),
    where: ast.operator('OPERATOR_IS_NOT_NULL', [value]),
    groups: [1],
    having: ast.comparison('COMPARE_GREATERTHAN', ast.call('count_star', []), ast.integer(BigInt(least))),
  })
  return { name, columns: ['unit'], select, once: true }
}

/** Groups before rows: rows of groups that are left out take no place of others. */
function keepFirst(all: Node, { rows, bounds, keys }: NumberedRows): Node {
  return (['groups', 'rows'] as const).reduce((kept, of) => {
    const own = bounds.filter((bound) => bound.of === of)
    if (own.length === 0) return kept
    const content = { rows: columnsOf(rows.columns), groups: columnsOf(keys) }
    const numbers = own.map((bound) => ast.named(numberOf(bound, content), bound.name))
    const list = columnsOf(rows.columns).map((node, i) => ast.named(node, rows.columns[i] ?? ''))
    const numbered = ast.select({ list: [...list, ...numbers], from: ast.subquery(kept, 'w') })
    return ast.select({ list, from: ast.subquery(numbered, 'w'), where: withinBounds(own, (unit) => unit.name) })
  }, all)
}

function columnsOf(names: readonly string[]): readonly Node[] {
  return names.map((name) => ast.column('w', name))
}
