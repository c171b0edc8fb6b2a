import type { From } from '../analysis/block.ts'
import { relationsOf } from '../analysis/block.ts'
import { type Column, columnsOf, type Expression, sidesBehind } from '../analysis/expression.ts'
import type { Slot } from '../analysis/slots.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'
import type { Family } from './family.ts'
import { writeFrom } from './from.ts'
import { withValues } from './values.ts'

// Where a rule bounds what one unit adds to a result, rows beyond the bound are left out before anything is aggregated:
// rows of the joined and filtered relation, since those are what a result counts, and rows of groups beyond the number of
// groups. Which ones stay depends on a hash of the unit and the row and then on the row itself, so equal runs keep equal
// rows, and rows that tie are equal in everything that the query reads. Rows without a unit are nobody's and all stay.

interface Bound {
  readonly unit: Column
  readonly name: string
  readonly most: number
  /** counts rows of a unit, or its groups */
  readonly of: 'rows' | 'groups'
}

/** The family over bounded rows; the family itself where no rule bounds anything. */
export function boundContributions(family: Family): Family {
  const bounds = boundsOf(family)
  if (bounds.length === 0) return family
  const tables = new Set(relationsOf(family.from).map((r) => r.table))
  const read = [
    ...family.groups.map((g) => g.value),
    ...family.aggregates.flatMap((a) => [a.value, a.filter]),
    ...family.units,
    ...family.besides,
  ]
  const named = (e: Expression) => [...columnsOf(e), ...sidesBehind(e).map((side) => side.rows)]
  const used = distinct(read.flatMap((e) => (e === null ? [] : named(e))).filter((c) => tables.has(c.table)))
  const nameOf = (column: Column) => `c${used.findIndex((c) => same(c, column))}`
  const moved = <T>(value: T): T => move(value, (c) => (tables.has(c.table) ? { ...c, table: 'b', name: nameOf(c) } : c))
  return {
    ...family,
    groups: moved(family.groups),
    aggregates: moved(family.aggregates),
    units: moved(family.units),
    besides: moved(family.besides),
    bounded: ast.subquery(writeBounded(family, bounds, used, nameOf), 'b'),
  }
}

function boundsOf({ from, units }: Family): readonly Bound[] {
  const slots = slotsIn(from)
  return units.flatMap((unit, i): readonly Bound[] => {
    const rule = slots.find((s) => s.id === unit.slot)?.rule.privacyUnit
    if (rule === undefined || rule === 'none') return []
    const { maxRowsPerUnit: rows, maxGroupsPerUnit: groups } = rule
    return [
      ...(rows === undefined ? [] : [{ unit, name: `rows_${i}`, most: rows, of: 'rows' as const }]),
      ...(groups === undefined ? [] : [{ unit, name: `groups_${i}`, most: groups, of: 'groups' as const }]),
    ]
  })
}

function slotsIn(from: From): readonly Slot[] {
  return relationsOf(from).flatMap(({ source }) =>
    source.kind === 'slot' ? [source.slot] : source.kind === 'derived' ? slotsIn(source.derived.from) : [],
  )
}

function writeBounded(family: Family, bounds: readonly Bound[], used: readonly Column[], nameOf: (c: Column) => string): Node {
  const { from, where, groups } = family
  const numbered = ast.select({
    list: [
      ...used.map((c) => ast.named(write(c), nameOf(c))),
      ...bounds.map((b) => ast.named(numberOf(b, family, used), b.name)),
    ],
    from: withValues(writeFrom(from), [where, ...groups.map((g) => g.value)]),
    where: where === null ? null : write(where),
  })
  const kept = bounds.map(({ unit, name, most }) =>
    ast.conjunction('or', [
      ast.operator('OPERATOR_IS_NULL', [ast.column('w', nameOf(unit))]),
      ast.comparison('COMPARE_LESSTHANOREQUALTO', ast.column('w', name), ast.integer(BigInt(most))),
    ]),
  )
  return ast.select({
    list: used.map((c) => ast.named(ast.column('w', nameOf(c)), nameOf(c))),
    from: ast.subquery(numbered, 'w'),
    where: ast.conjunction('and', kept),
  })
}

/** The number of a row, or of its group, among those of the unit. */
function numberOf({ unit, of }: Bound, { groups }: Family, used: readonly Column[]): Node {
  const content = of === 'rows' ? used.map(write) : groups.map((g) => write(g.value))
  const orders = [ast.call('hash', [write(unit), ...content]), ...content]
  return ast.window(of === 'rows' ? 'row_number' : 'dense_rank', [], { partitions: [write(unit)], orders })
}

function distinct(columns: readonly Column[]): readonly Column[] {
  return columns.filter((column, i) => columns.findIndex((other) => same(other, column)) === i)
}

function same(a: Column, b: Column): boolean {
  return a.table === b.table && a.name === b.name
}

/** Expressions are plain data. */
function move<T>(value: T, to: (column: Column) => Column): T {
  const visit = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(visit)
    if (part === null || typeof part !== 'object') return part
    const node = part as Expression
    if (node.kind === 'column') {
      const { sides } = node
      return to(sides === undefined ? node : { ...node, sides: sides.map((side) => ({ ...side, rows: to(side.rows) })) })
    }
    return Object.fromEntries(Object.entries(part).map(([name, child]) => [name, visit(child)]))
  }
  return visit(value) as T
}
