import { baseTableNode, comparisonNode, joinNode, queryNode, subqueryTableNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, read, sameName, tagOf } from '../ast/read.ts'
import { termsOf } from '../ast/terms.ts'
import { refuse } from '../reasons.ts'
import { type Block, type Condition, type Equality, type From, type Relation, relationsOf } from './block.ts'
import type { Choose } from './choices.ts'
import { derivedRows } from './derived.ts'
import { columnsOf, type Expression } from './expression.ts'
import { commonTypeOf, conjunctionOf } from './operators.ts'
import type { ParameterBinder } from './parameters.ts'
import { conditionsOf, type RowSet } from './row-set.ts'
import { columnOf, namedTable, resolve, type Scope } from './scope.ts'
import type { Slot } from './slots.ts'
import { type Environment, translate } from './translate.ts'
import { comparable } from './types.ts'

/** What a name or a subquery in FROM stands for: released rows, or rows of datasets to put in its place. */
export type Source = { readonly kind: 'block'; readonly block: Block } | { readonly kind: 'rows'; readonly rows: RowSet }

/** What a FROM clause can name. */
export interface Tables {
  readonly source: (name: string) => Source | undefined
  readonly slot: (name: string) => Slot | undefined
  readonly subquery: (node: unknown, columnNames: readonly string[]) => Source
  /** a new name for a table, unique in the block */
  readonly alias: () => string
  readonly choose: Choose
  readonly parameters: ParameterBinder
}

/** FROM with what names mean in it, and the conditions of the subqueries that it stands in place of. */
export interface FromRead {
  readonly from: From
  readonly scope: Scope
  readonly where: readonly Condition[]
}

export function readFrom(node: unknown, tables: Tables): FromRead {
  const visit = (table: unknown): FromRead => {
    switch (tagOf(table, 'type')) {
      case 'BASE_TABLE':
        return readTable(table, tables)
      case 'SUBQUERY': {
        const { subquery, alias, column_name_alias: names } = read(subqueryTableNode, table)
        return named(alias || 'unnamed_subquery', tables.subquery(read(queryNode, subquery).node, names), tables)
      }
      case 'JOIN':
        return readJoin(table, tables, visit)
      case 'TABLE_FUNCTION':
        return refuse('table-function-not-allowed', 'functions in FROM are not allowed', offsetWithin(table))
      case 'EMPTY':
        return refuse('table-not-allowed', 'the query reads no dataset', offsetWithin(table))
      default:
        return refuse('table-not-allowed', 'FROM takes datasets, subqueries and joins', offsetWithin(table))
    }
  }
  return visit(node)
}

function single(relation: Relation): FromRead {
  return { from: { kind: 'relation', relation }, scope: { tables: [namedTable(relation)], merged: new Map() }, where: [] }
}

function readTable(node: unknown, tables: Tables): FromRead {
  const message = 'FROM takes the datasets of the contract by their name, without catalogue, sample or column list'
  const { table_name: name, alias } = read(baseTableNode, node, 'table-not-allowed', message)
  const source = tables.source(name)
  if (source !== undefined) return named(alias || name, source, tables)
  const slot = tables.slot(name)
  if (slot === undefined) return refuse('table-not-allowed', 'this is no dataset of the contract', offsetOf(node))
  return single({ alias: alias || name, table: tables.alias(), source: { kind: 'slot', slot }, columns: slot.columns })
}

function named(alias: string, source: Source, tables: Tables): FromRead {
  if (source.kind === 'rows') {
    const { from, where, columns } = source.rows
    return { from, scope: { tables: [{ alias, columns, listed: true }], merged: new Map() }, where }
  }
  const { block } = source
  const columns = block.select.map(({ name, value }) => ({ name, type: value.type }))
  const relation: Relation = { alias, table: tables.alias(), source: { kind: 'block', block }, columns }
  const scope = { tables: [{ ...namedTable(relation), listed: true }], merged: new Map() }
  return { from: { kind: 'relation', relation }, scope, where: [] }
}

const joinTypes: Readonly<Record<string, 'inner' | 'left' | 'full'>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'left',
  FULL: 'full',
}

function readJoin(node: unknown, tables: Tables, visit: (table: unknown) => FromRead): FromRead {
  const offset = offsetWithin(node)
  const written = read(joinNode, node, 'join-not-allowed', 'this kind of join is not allowed')
  // a RIGHT join is the LEFT join of its sides the other way round
  const shape = written.join_type === 'RIGHT' ? { ...written, left: written.right, right: written.left } : written
  const join = shape.ref_type === 'CROSS' ? 'cross' : joinTypes[shape.join_type]
  const outside = (side: FromRead) => (join === 'left' || join === 'full' ? beforeOuterJoin(side, tables.alias) : side)
  const left = join === 'full' ? outside(visit(shape.left)) : visit(shape.left)
  const picked = visit(shape.right)
  const terms = termsOf(shape.condition)
  const ofRight = join === 'left' ? terms.flatMap((term) => conditionOfRight(term, left, picked, tables.parameters) ?? []) : []
  const right = outside({ ...picked, where: [...picked.where, ...ofRight.flatMap((c) => c.where)] })
  const scope = bothSides(left, right)
  const where = [...left.where, ...right.where]
  if (scope.tables.some((t, i) => scope.tables.some((other, j) => j < i && sameName(t.alias, other.alias)))) {
    refuse('join-not-allowed', 'two tables of a join have the same name', offset)
  }
  if (join === 'cross' && shape.condition === null && shape.using_columns.length === 0) {
    return { from: { kind: 'join', join, left: left.from, right: right.from, equalities: [] }, scope, where }
  }
  if (join === undefined || join === 'cross' || shape.ref_type !== 'REGULAR') {
    return refuse('join-not-allowed', 'joins are INNER, LEFT, RIGHT or FULL, with ON or USING', offset)
  }
  const using = shape.using_columns.map((name) => {
    const a = resolve(left.scope, [name], offset)
    const b = resolve(right.scope, [name], offset)
    const type = commonTypeOf([a, b], offset)
    scope.merged.set(name.toLowerCase(), join === 'full' ? { kind: 'coalesce', values: [a, b], type } : a)
    return equality(a, b, offset)
  })
  const open = terms.filter((term) => ofRight.every((c) => c.term !== term))
  const on = open.map((term) => {
    const equality = readEquality(term, left, right, tables.parameters)
    return {
      term,
      equality: join === 'inner' && equality !== undefined && isComputed(equality, [left, right]) ? undefined : equality,
    }
  })
  const further = on.flatMap(({ term, equality }) => (equality === undefined ? [term] : []))
  if (further.length > 0 && join !== 'inner') refuse('join-not-allowed', conditionMessage, offsetWithin(further))
  const equalities = [...using, ...on.flatMap((o) => o.equality ?? [])]
  if (equalities.length === 0) refuse('join-not-allowed', 'a join needs an equality of columns', offset)
  where.push(...further.flatMap((term) => conditionsOf(term, joinEnvironment(scope, tables.parameters))))
  return { from: { kind: 'join', join, left: left.from, right: right.from, equalities }, scope, where }
}

/**
 * A condition on the right side of a left join picks its rows before they are joined. What else an inner join asks says the
 * same in WHERE, under the rules of WHERE.
 */
function conditionOfRight(term: unknown, left: FromRead, right: FromRead, parameters: ParameterBinder) {
  const within = joinEnvironment(bothSides(left, right), parameters)
  const columns = columnsOf(translate(term, within))
  const relations = relationsOf(right.from).filter((r) => r.source.kind !== 'block')
  if (columns.length === 0 || columns.some((c) => relations.every((r) => r.table !== c.table))) return undefined
  return { term, where: conditionsOf(term, within) }
}

/** Datasets join on plain columns; `b.year = a.year + 1` beside them is a condition. */
function isComputed(equality: Equality, sides: readonly FromRead[]): boolean {
  const datasets = sides.every((side) => relationsOf(side.from).every((r) => r.source.kind !== 'block'))
  return datasets && (equality.left.kind !== 'column' || equality.right.kind !== 'column')
}

function bothSides(left: FromRead, right: FromRead) {
  return {
    tables: [...left.scope.tables, ...right.scope.tables],
    merged: new Map([...left.scope.merged, ...right.scope.merged]),
  }
}

/** An outer join sees what a subquery picked and computed: not the rows behind it, filtered and computed afterwards. */
function beforeOuterJoin(side: FromRead, alias: () => string): FromRead {
  const columns = side.scope.tables.flatMap((t) => t.columns)
  if (side.where.length === 0 && columns.every((c) => c.value.kind === 'column')) return side
  const where = side.where.length === 0 ? null : conjunctionOf(side.where.map((c) => c.value))
  const relation = derivedRows(side.from, where, columns, side.where, alias())
  let next = 0
  const tables = side.scope.tables.map((t) => ({
    ...t,
    columns: t.columns.map(({ name }) => ({ name, value: columnOf(relation, `k${next++}`) })),
  }))
  return { from: { kind: 'relation', relation }, scope: { tables, merged: new Map() }, where: [] }
}

const conditionMessage =
  'a join is on equalities between columns of its two sides, joined by AND; LEFT takes conditions on its right side too, INNER any'

function joinEnvironment(scope: Scope, parameters: ParameterBinder): Environment {
  return {
    column: (names, at) => resolve(scope, names, at),
    aggregate: (call) => refuse('join-not-allowed', conditionMessage, offsetOf(call)),
    parameters,
  }
}

/** An equality between the two sides of a join; undefined for any other condition. */
function readEquality(node: unknown, left: FromRead, right: FromRead, parameters: ParameterBinder): Equality | undefined {
  if (tagOf(node, 'class') !== 'COMPARISON' || tagOf(node, 'type') !== 'COMPARE_EQUAL') return undefined
  const offset = offsetWithin(node)
  const { left: a, right: b } = read(comparisonNode, node, 'join-not-allowed', conditionMessage)
  const both = bothSides(left, right)
  const sideOf = (side: unknown) => {
    const value = translate(side, joinEnvironment(both, parameters))
    const tables = new Set(columnsOf(value).map((c) => c.table))
    const within = (part: FromRead) => [...tables].every((t) => relationsOf(part.from).some((r) => r.table === t))
    if (tables.size === 0) return { value, side: 'none' }
    return { value, side: within(left) ? 'left' : within(right) ? 'right' : 'both' }
  }
  const [x, y] = [sideOf(a), sideOf(b)]
  if (x.side === 'left' && y.side === 'right') return equality(x.value, y.value, offset)
  return x.side === 'right' && y.side === 'left' ? equality(y.value, x.value, offset) : undefined
}

function equality(left: Expression, right: Expression, offset: number | undefined): Equality {
  if (!comparable(left.type, right.type)) {
    refuse('type-mismatch', `${left.type.sql} and ${right.type.sql} cannot be joined`, offset)
  }
  return { left, right }
}
