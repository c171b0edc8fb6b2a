import type { AggregateFunction, ColumnRule } from '@reinraum/statements'
import { refuse } from '../reasons.ts'
import type { From, Relation } from './block.ts'
import { isProtected, relationsOf } from './block.ts'
import { type Column, childrenOf, columnsOf, type Expression } from './expression.ts'
import { checkOnceJoined, type Partner, partnersOf } from './partners.ts'
import { columnOf } from './scope.ts'
import { ruleOfColumn } from './slots.ts'

/**
 * The rules of the columns of one aggregate block. Columns that a join makes equal share the strictest of their rules:
 * a public key must not open what the protected column behind it keeps shut.
 */
export interface Rules {
  readonly isUnit: (column: Column) => boolean
  readonly filter: (column: Column) => NonNullable<ColumnRule['filter']>
  readonly dimension: (column: Column) => boolean
  readonly own: (column: Column) => ColumnRule
  readonly aggregate: (column: Column, wanted: AggregateFunction) => boolean
  /** whether the column may stand in arithmetic inside an aggregate */
  readonly expressions: (column: Column) => boolean
  /** whose presence the column's values speak of: its own dataset's unit, or every unit for a public column joined to them */
  readonly unitsOf: (column: Column) => readonly Column[]
  /** one per protected dataset, in the order of FROM; not of those that a row may have no partner in */
  readonly units: readonly Column[]
  readonly partners: readonly Partner[]
  /** the column as whoever wrote the query knows it */
  readonly nameOf: (column: Column) => string
}

type Joined = { readonly left: Column; readonly right: Column; readonly inner: boolean }

/** Checks the joins of an aggregate block against the rules. */
export function rulesOf(from: From): Rules {
  const relations = relationsOf(from)
  const of = (column: Column) => relationOfTable(relations, column.table)
  const own = (column: Column) => ruleOfRelation(of(column), column.name)
  const joined = joinsOf(from, own)
  const classes = partition(joined)
  const classOf = (column: Column): readonly Column[] => classes.find((c) => c.some((x) => same(x, column))) ?? [column]
  const isUnit = (column: Column) => classOf(column).some((c) => unitNames(of(c)).includes(c.name))
  const partners = partnersOf(from)
  checkOnceJoined(partners, joined)
  const isPartner = (column: Column) => partners.some((p) => p.table === column.table)
  const units = relations.flatMap((r) => unitNames(r).map((name) => columnOf(r, name))).filter((u) => !isPartner(u))
  checkProtected(units, partition(joined.filter((j) => j.inner)))
  const behind = (column: Column) => [column, ...classOf(column).filter((c) => isProtected(of(c)))]
  return {
    isUnit,
    own,
    units,
    partners,
    nameOf: (column) => nameIn(of(column), column),
    dimension: (column) => !isPartner(column) && behind(column).every((c) => own(c).dimension === true),
    filter: (column) => (isPartner(column) ? 'none' : strictest(behind(column).map((c) => own(c).filter ?? 'none'))),
    aggregate: (column, wanted) => behind(column).every((c) => own(c).aggregate?.includes(wanted) === true),
    expressions: (column) => behind(column).every((c) => own(c).expressions === true),
    unitsOf: (column) => (isProtected(of(column)) ? units.filter((u) => u.table === column.table) : units),
  }
}

function relationOfTable(relations: readonly Relation[], table: string): Relation {
  return relations.find((r) => r.table === table) ?? refuse('mixed-relations', 'a dataset is joined with released rows')
}

function ruleOfRelation({ source }: Relation, name: string): ColumnRule {
  switch (source.kind) {
    case 'slot':
      return ruleOfColumn(source.slot, name)
    case 'derived':
      return source.derived.columns.find((c) => c.name === name)?.rule ?? {}
    case 'block':
      return refuse('mixed-relations', 'a dataset is joined with released rows')
  }
}

/** A column of derived rows has a name of the guard's own, which tells nobody anything. */
function nameIn({ source }: Relation, column: Column): string {
  const derived = source.kind === 'derived' ? source.derived.columns.find((c) => c.name === column.name) : undefined
  if (derived === undefined) return `${column.name} of ${column.slot}`
  const within = derived.value === null ? [] : columnsOf(derived.value)
  const names = [...new Set(within.map((c) => c.name))].join(' and ') || 'rows'
  return `${derived.operation === null ? '' : `${derived.operation} of `}${names} of ${column.slot}`
}

export function unitNames({ source }: Relation): readonly string[] {
  switch (source.kind) {
    case 'slot':
      return source.slot.unit === null ? [] : [source.slot.unit]
    case 'derived':
      return source.derived.units
    case 'block':
      return []
  }
}

function same(a: Column, b: Column): boolean {
  return a.table === b.table && a.name === b.name
}

function joinsOf(from: From, own: Rules['own']): readonly Joined[] {
  if (from.kind === 'relation') return []
  if (from.join === 'cross' || from.join === 'full') refuse('join-not-allowed', 'datasets join by INNER or LEFT equality joins')
  const here = from.equalities.map(({ left, right }) => {
    for (const side of [left, right]) {
      if (side.kind !== 'column') return refuse('join-not-allowed', 'datasets join on plain columns')
      if (own(side).join !== true) {
        refuse('join-not-allowed', `the rule of ${side.slot} does not allow a join on ${side.name}`)
      }
    }
    if (left.type.family !== right.type.family) refuse('type-mismatch', 'datasets join on columns of the same type')
    return { left: left as Column, right: right as Column, inner: from.join === 'inner' }
  })
  return [...joinsOf(from.left, own), ...joinsOf(from.right, own), ...here]
}

function partition(joined: readonly Joined[]): readonly (readonly Column[])[] {
  let classes: readonly (readonly Column[])[] = []
  for (const { left, right } of joined) {
    const touched = classes.filter((c) => c.some((x) => same(x, left) || same(x, right)))
    const merged = [...touched.flat(), left, right].filter((c, i, all) => all.findIndex((x) => same(x, c)) === i)
    classes = [...classes.filter((c) => !touched.includes(c)), merged]
  }
  return classes
}

/**
 * Every row must belong to one unit: two protected datasets, or one dataset twice, join on their units. Only equalities of
 * inner joins count, also through public columns: they hold in every row that has both units. A dataset joined with itself
 * repeats the rows of a unit, not units.
 */
function checkProtected(units: readonly Column[], innerClasses: readonly (readonly Column[])[]): void {
  const [first, ...rest] = units
  if (first === undefined || rest.length === 0) return
  for (const unit of rest) {
    if (!innerClasses.some((c) => c.some((x) => same(x, first)) && c.some((x) => same(x, unit)))) {
      refuse(
        'join-not-allowed',
        `${first.slot} and ${unit.slot} join on their privacy units only: INNER, or LEFT with one row per unit`,
      )
    }
  }
}

type Filter = NonNullable<ColumnRule['filter']>

export function strictest(filters: readonly Filter[]): Filter {
  const literal = filters.every((f) => f === 'literal' || f === 'any')
  const column = filters.every((f) => f === 'column' || f === 'any')
  return literal && column ? 'any' : literal ? 'literal' : column ? 'column' : 'none'
}

/** GROUP BY sees dimensions only; a whole unit is never a group. */
export function checkGroup(value: Expression, rules: Rules, offset: number | undefined): void {
  const columns = columnsOf(value)
  if (columns.length === 0) refuse('group-not-allowed', 'GROUP BY takes columns, positions or functions of columns', offset)
  for (const column of columns) {
    if (!rules.dimension(column)) {
      refuse('column-not-allowed', `the rules do not allow ${rules.nameOf(column)} as a dimension`, offset)
    }
  }
  if (value.kind === 'column' && rules.isUnit(value)) {
    refuse('privacy-unit-not-allowed', 'a group per privacy unit holds one unit only and would always be suppressed', offset)
  }
}

/**
 * WHERE over rows of datasets: comparisons of one column each with constants and released values, or of two
 * columns, as `filter` says.
 */
export function checkFilter(condition: Expression, rules: Rules, offset: number | undefined): void {
  switch (condition.kind) {
    case 'logic':
    case 'not':
      for (const term of childrenOf(condition)) checkFilter(term, rules, offset)
      return
    case 'compare':
    case 'in':
    case 'inBlock':
    case 'isNull':
    case 'call':
    case 'column': {
      const truth = isTruth(condition)
      if (truth !== undefined) {
        checkFilter(truth, rules, offset)
        return
      }
      const sides = condition.kind === 'column' ? [condition] : childrenOf(condition)
      const against = sides.filter((s) => columnsOf(s).length > 0).length > 1 ? 'column' : 'literal'
      for (const side of sides) checkSide(side, against, rules, offset)
      return
    }
    case 'constant':
    case 'scalar':
      return
    default:
      refuse('filter-not-allowed', 'WHERE compares columns with constants', offset)
  }
}

/** The condition of `condition IS TRUE` and the like. */
function isTruth(condition: Expression): Expression | undefined {
  if (condition.kind !== 'compare' || condition.left.type.family !== 'boolean') return undefined
  return condition.right.kind === 'constant' && condition.left.kind !== 'column' ? condition.left : undefined
}

function checkSide(side: Expression, against: 'literal' | 'column', rules: Rules, offset: number | undefined): void {
  const columns = columnsOf(side)
  if (columns.length === 0) return
  if (columns.length > 1 || !isPlain(side)) refuse('filter-not-allowed', 'WHERE compares one column at a time', offset)
  for (const column of columns) {
    const allowed = rules.filter(column)
    if (allowed !== 'any' && allowed !== against) {
      refuse('filter-not-allowed', `the rules do not allow ${rules.nameOf(column)} in this comparison`, offset)
    }
  }
}

/** A column, a constant, a released value, or arithmetic, COALESCE, a listed function or a cast of them. */
export function isPlain(value: Expression): boolean {
  return value.kind === 'column' || value.kind === 'constant' || value.kind === 'scalar'
    ? true
    : ['call', 'cast', 'arithmetic', 'coalesce'].includes(value.kind) && childrenOf(value).every(isPlain)
}

/** What aggregates without a threshold of their own, or goes on without one, takes no columns that may lack a partner. */
export function checkNoPartners(rules: Rules, offset: number | undefined): void {
  if (rules.partners.length > 0) {
    refuse('join-not-allowed', 'a LEFT join of protected datasets stands directly under the aggregate that is released', offset)
  }
}
