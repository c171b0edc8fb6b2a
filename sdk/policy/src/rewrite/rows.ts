import { type CoreAggregate, relationsOf } from '../analysis/block.ts'
import { booleanConstant } from '../analysis/constants.ts'
import { type Column, columnsOf, type Expression, keyOf, sidesBehind } from '../analysis/expression.ts'
import { complementedBy, isNotTrue } from '../analysis/regions.ts'
import { booleanType } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { argumentOf } from './aggregates.ts'
import { type Bound, boundsOf, numberOf, withinBounds } from './contributions.ts'
import { write } from './expressions.ts'
import type { Family } from './family.ts'
import { writeFrom } from './from.ts'
import type { Named, Piece } from './pieces.ts'
import { firstOfSame, has, isSame } from './same-units.ts'
import { bitsOf, wordsFor } from './sketch.ts'
import { withValues } from './values.ts'

// Several steps read the rows of a family. Binding what makes them costs more than the steps, so it is written once, as a
// table expression that the engine puts in the place of every reference: each then reads only the columns that it needs.

/** The alias of rows in every step. */
export const rowAlias = 'r'

/** A family whose groups, units, conditions and arguments are columns of its rows. */
export interface FamilyOverRows extends Family {
  readonly aggregates: readonly RowAggregate[]
  readonly rows: FamilyRows
}

export interface RowAggregate extends CoreAggregate {
  /** the column that holds what it is given; null where it only counts rows */
  readonly argument: Node | null
  /** whether a row has a value; null where every row has one */
  readonly present: Node | null
}

export interface FamilyRows {
  readonly piece: Piece
  /** whether what one unit adds is bounded: making them then costs more than reading */
  readonly bounded: boolean
  /** how many protected datasets they are made of */
  readonly datasets: number
  /**
   * The named columns of the same rows, made of no row of any dataset where the gate has none; null where they may simply be
   * joined with it: rows of a join, or those that a condition leaves, may be what the engine begins with, before it sees
   * that nothing is asked.
   */
  readonly behind: (gate: Node, names: readonly string[]) => Node | null
  /** a row's bit in the sketch of units, a column per word */
  readonly bitsOf: (unit: Column) => readonly Node[]
}

/** What the rows of a family hold, each once. */
interface Content {
  readonly used: readonly Column[]
  /** as true or false: NULL is as good as false wherever they stand */
  readonly conditions: readonly Expression[]
  /** what aggregates are given that is no column, and the values whose presence counts */
  readonly computed: readonly Node[]
  readonly nameOf: (column: Column) => string
}

/** @param minimum of units, which decides how long sketches are */
export function overRows(submitted: Family, minimum: number): FamilyOverRows {
  const family = withoutSameUnits(submitted)
  const bounds = boundsOf(submitted)
  const content = contentOf(family, bounds)
  const columns = listOf(family, content)
  const words = wordsFor(minimum)
  const name = `${family.name}_rows`
  const bitNames = family.units.map((_, unit) => Array.from({ length: words }, (_, word) => `b${unit}_${word}`))
  const selected = (gate: Node | null, names: readonly string[] | null) => {
    const unit = (c: Column) => (bounds.length === 0 ? write(c) : ast.column('w', content.nameOf(c)))
    const sketched = family.units.flatMap((c, i) => named(bitNames[i] ?? [], bitsOf(unit(c), words)))
    const wanted = (list: readonly Named[]) => (names === null ? list : list.filter((item) => names.includes(item.name)))
    return writeRows(family, content, { columns: wanted(columns), bounds, gate, sketched: wanted(sketched) })
  }
  const whole = family.where === null && family.from.kind === 'relation' && family.from.relation.source.kind === 'slot'
  const alone = bounds.length > 0 || whole
  return {
    ...moved(family, content),
    rows: {
      piece: { name, columns: columns.map((c) => c.name), select: selected(null, null), once: false },
      bounded: bounds.length > 0,
      datasets: submitted.units.length,
      behind: (gate, names) => (alone ? null : selected(gate, names)),
      bitsOf: (unit) => {
        const i = family.units.findIndex((own) => content.nameOf(own) === unit.name)
        return (bitNames[i] ?? noUnit()).map((bit) => ast.column(rowAlias, bit))
      },
    },
  }
}

/** Names of columns of rows that an expression of them reads. */
export function columnsIn(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return []
  const { class: kind, column_names } = value as { readonly class?: unknown; readonly column_names?: readonly string[] }
  const [table, name] = kind === 'COLUMN_REF' ? (column_names ?? []) : []
  return table === rowAlias && name !== undefined ? [name] : Object.values(value).flatMap(columnsIn)
}

function noUnit(): never {
  throw new Error('the units behind an aggregate are those of its family')
}

function named(names: readonly string[], values: readonly Node[]): readonly Named[] {
  return names.map((name, i) => ({ name, value: values[i] ?? ast.nothing() }))
}

function contentOf({ from, units, aggregates, besides }: Family, bounds: readonly Bound[]): Content {
  const tables = new Set(relationsOf(from).map((r) => r.table))
  const values = aggregates.flatMap((a) => (a.value === null ? [] : [a.value]))
  const sides = values.flatMap((value) => sidesBehind(value).map((side) => side.rows))
  const used = distinct(
    [...units, ...bounds.map((b) => b.unit), ...values.filter((value) => value.kind === 'column'), ...sides].filter((c) =>
      tables.has(c.table),
    ),
  )
  const given = aggregates.flatMap((a) => [argumentOf(a), rawValue(a)])
  const computed = [
    ...new Map(given.flatMap((node) => (node === null || isColumn(node) ? [] : [[ast.textOf(node), node]]))).values(),
  ]
  const filters = [...aggregates.flatMap((a) => (a.filter === null ? [] : [a.filter])), ...besides]
  const conditions = [...new Map(filters.map((f) => complementedBy(f) ?? f).map((f) => [keyOf(f), f])).values()]
  const nameOf = (column: Column) => `c${used.findIndex((c) => isSame(c, column))}`
  return { used, conditions, computed, nameOf }
}

/** The value as it is, where it may be missing. */
function rawValue({ value }: CoreAggregate): Node | null {
  return value === null || (value.kind === 'constant' && value.text !== null) ? null : write(value)
}

function isColumn(node: Node): boolean {
  return node.class === 'COLUMN_REF'
}

const never = write(booleanConstant(false))

/** The columns of an expression, and those that say on which side of a condition a unit is. */
function behindOf(e: Expression): readonly Column[] {
  return [...columnsOf(e), ...sidesBehind(e).map((side) => side.rows)]
}

function listOf({ groups }: Family, { used, conditions, computed, nameOf }: Content): readonly Named[] {
  return [
    ...groups.map(({ name, value }) => ({ name, value: write(value) })),
    ...used.map((column) => ({ name: nameOf(column), value: write(column) })),
    ...conditions.map((condition, i) => ({ name: `w${i}`, value: ast.operator('OPERATOR_COALESCE', [write(condition), never]) })),
    ...computed.map((value, i) => ({ name: `v${i}`, value })),
  ]
}

interface Selected {
  readonly columns: readonly Named[]
  readonly bounds: readonly Bound[]
  readonly gate: Node | null
  readonly sketched: readonly Named[]
}

function writeRows(family: Family, { used, conditions, nameOf }: Content, { columns, bounds, gate, sketched }: Selected): Node {
  const { where, groups, aggregates } = family
  const read = [where, ...groups.map((g) => g.value), ...aggregates.map((a) => a.value), ...conditions]
  const behind = gate === null ? null : { gate, columns: [...read, ...used].flatMap((e) => (e === null ? [] : behindOf(e))) }
  const from = withValues(writeFrom(family.from, behind), read)
  const list = (items: readonly Named[]) => items.map((item) => ast.named(item.value, item.name))
  const source = { from, where: where === null ? null : write(where) }
  if (bounds.length === 0) return ast.select({ list: list([...columns, ...sketched]), ...source })
  const content = { rows: columns.map((c) => c.value), groups: groups.map((g) => write(g.value)) }
  const numbers = bounds.map((bound) => ({ name: bound.name, value: numberOf(bound, content) }))
  const numbered = ast.select({ list: list([...columns, ...numbers]), ...source })
  const kept = columns.map(({ name }) => ({ name, value: ast.column('w', name) }))
  return ast.select({
    list: list([...kept, ...sketched]),
    from: ast.subquery(numbered, 'w'),
    where: withinBounds(bounds, nameOf),
  })
}

/** The family as one of columns that were computed with the rows. */
function moved(family: Family, { used, conditions, computed, nameOf }: Content): Omit<FamilyOverRows, 'rows'> {
  const column = (name: string, type: Column['type']): Column => ({ kind: 'column', table: rowAlias, name, type, slot: null })
  const isUsed = (c: Column) => has(used, c)
  const move = <T>(value: T): T => changeColumns(value, (c) => (isUsed(c) ? { ...c, table: rowAlias, name: nameOf(c) } : c))
  const keys = conditions.map(keyOf)
  const placed = (condition: Expression) => column(`w${keys.indexOf(keyOf(condition))}`, booleanType)
  const texts = computed.map(ast.textOf)
  const cell = (node: Node) => (isColumn(node) ? node : ast.column(rowAlias, `v${texts.indexOf(ast.textOf(node))}`))
  const present = (a: CoreAggregate) => {
    const value = a.value?.kind === 'column' ? write(move(a.value)) : rawValue(a)
    return value === null ? null : ast.operator('OPERATOR_IS_NOT_NULL', [cell(value)])
  }
  const argument = (a: CoreAggregate) => {
    const own = argumentOf(a)
    return own === null ? null : isColumn(own) && a.value?.kind === 'column' ? write(move(a.value)) : cell(own)
  }
  const held = (condition: Expression): Expression => {
    const opposite = complementedBy(condition)
    return opposite === null ? placed(condition) : isNotTrue(placed(opposite))
  }
  return {
    ...family,
    groups: family.groups.map(({ name, value }) => ({ name, value: column(name, value.type) })),
    units: move(family.units),
    aggregates: family.aggregates.map((a) => ({
      ...a,
      argument: argument(a),
      present: present(a),
      value: move(a.value),
      units: move(a.units),
      filter: a.filter === null ? null : held(a.filter),
    })),
    besides: family.besides.map(held),
  }
}

/** Units that are equal in every row are counted once. */
function withoutSameUnits(family: Family): Family {
  const first = firstOfSame(family.units, family.from)
  const units = (all: readonly Column[]) => distinct(all.map(first))
  const value = (own: Expression | null) => (own?.kind === 'column' && has(family.units, own) ? first(own) : own)
  const aggregates = family.aggregates.map((a) => ({ ...a, units: units(a.units), value: value(a.value) }))
  return { ...family, units: units(family.units), aggregates }
}

function distinct(columns: readonly Column[]): readonly Column[] {
  return columns.filter((column, i) => !has(columns.slice(0, i), column))
}

/** Expressions are plain data. */
function changeColumns<T>(value: T, to: (column: Column) => Column): T {
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
