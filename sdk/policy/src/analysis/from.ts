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
    return { from, scope: { tables: [{ alias, columns }], merged: new Map() }, where }
  }
  const { block } = source
  const columns = block.select.map(({ name, value }) => ({ name, type: value.type }))
  return single({ alias, table: tables.alias(), source: { kind: 'block', block }, columns })
}

const joinTypes: Readonly<Record<string, 'inner' | 'left' | 'full'>> = { INNER: 'inner', LEFT: 'left', FULL: 'full' }

function readJoin(node: unknown, tables: Tables, visit: (table: unknown) => FromRead): FromRead {
  const offset = offsetWithin(node)
  const shape = read(joinNode, node, 'join-not-allowed', 'this kind of join is not allowed')
  const join = shape.ref_type === 'CROSS' ? 'cross' : joinTypes[shape.join_type]
  const outside = (side: FromRead) => (join === 'left' || join === 'full' ? beforeOuterJoin(side, tables.alias) : side)
  const left = join === 'full' ? outside(visit(shape.left)) : visit(shape.left)
  const right = outside(visit(shape.right))
  const scope = {
    tables: [...left.scope.tables, ...right.scope.tables],
    merged: new Map([...left.scope.merged, ...right.scope.merged]),
  }
  const where = [...left.where, ...right.where]
  if (scope.tables.some((t, i) => scope.tables.some((other, j) => j < i && sameName(t.alias, other.alias)))) {
    refuse('join-not-allowed', 'two tables of a join have the same name', offset)
  }
  if (join === 'cross' && shape.condition === null && shape.using_columns.length === 0) {
    return { from: { kind: 'join', join, left: left.from, right: right.from, equalities: [] }, scope, where }
  }
  if (join === undefined || join === 'cross' || shape.ref_type !== 'REGULAR') {
    return refuse('join-not-allowed', 'joins are INNER, LEFT or FULL, with ON or USING', offset)
  }
  const using = shape.using_columns.map((name) => {
    const a = resolve(left.scope, [name], offset)
    const b = resolve(right.scope, [name], offset)
    const type = commonTypeOf([a, b], offset)
    scope.merged.set(name.toLowerCase(), join === 'full' ? { kind: 'coalesce', values: [a, b], type } : a)
    return equality(a, b, offset)
  })
  const terms = shape.condition === null ? [] : termsOf(shape.condition)
  const further = terms.filter((term) => join === 'inner' && isFurther(term))
  const on = terms.filter((t) => !further.includes(t)).map((t) => readEquality(t, left, right, tables.parameters))
  const equalities = [...using, ...on]
  if (equalities.length === 0) refuse('join-not-allowed', 'a join needs an equality of columns', offset)
  where.push(...further.flatMap((term) => conditionsOf(term, joinEnvironment(scope, tables.parameters))))
  return { from: { kind: 'join', join, left: left.from, right: right.from, equalities }, scope, where }
}

/** An inequality of an inner join says the same in WHERE, under the rules of WHERE. */
function isFurther(term: unknown): boolean {
  return ['COMPARISON', 'BETWEEN'].includes(tagOf(term, 'class')) && tagOf(term, 'type') !== 'COMPARE_EQUAL'
}

/** An outer join sees what a subquery picked and computed: not the rows behind it, filtered and computed afterwards. */
function beforeOuterJoin(side: FromRead, alias: () => string): FromRead {
  const columns = side.scope.tables.flatMap((t) => t.columns)
  if (side.where.length === 0 && columns.every((c) => c.value.kind === 'column')) return side
  const where = side.where.length === 0 ? null : conjunctionOf(side.where.map((c) => c.value))
  const relation = derivedRows(side.from, where, columns, side.where, alias())
  let next = 0
  const tables = side.scope.tables.map((t) => ({
    alias: t.alias,
    columns: t.columns.map(({ name }) => ({ name, value: columnOf(relation, `k${next++}`) })),
  }))
  return { from: { kind: 'relation', relation }, scope: { tables, merged: new Map() }, where: [] }
}

const conditionMessage =
  'a join condition is an equality between columns of its two sides, or several joined by AND; an inner join takes inequalities too'

function joinEnvironment(scope: Scope, parameters: ParameterBinder): Environment {
  return {
    column: (names, at) => resolve(scope, names, at),
    aggregate: (call) => refuse('join-not-allowed', conditionMessage, offsetOf(call)),
    parameters,
  }
}

/** An equality between the two sides of a join. */
function readEquality(node: unknown, left: FromRead, right: FromRead, parameters: ParameterBinder): Equality {
  const offset = offsetWithin(node)
  const { type, left: a, right: b } = read(comparisonNode, node, 'join-not-allowed', conditionMessage)
  if (type !== 'COMPARE_EQUAL') refuse('join-not-allowed', conditionMessage, offset)
  const both: Scope = {
    tables: [...left.scope.tables, ...right.scope.tables],
    merged: new Map([...left.scope.merged, ...right.scope.merged]),
  }
  const sideOf = (side: unknown) => {
    const value = translate(side, joinEnvironment(both, parameters))
    const tables = new Set(columnsOf(value).map((c) => c.table))
    const within = (part: FromRead) => [...tables].every((t) => relationsOf(part.from).some((r) => r.table === t))
    if (tables.size === 0) return refuse('join-not-allowed', conditionMessage, offset)
    return { value, side: within(left) ? 'left' : within(right) ? 'right' : 'both' }
  }
  const [x, y] = [sideOf(a), sideOf(b)]
  if (x.side === 'left' && y.side === 'right') return equality(x.value, y.value, offset)
  if (x.side === 'right' && y.side === 'left') return equality(y.value, x.value, offset)
  return refuse('join-not-allowed', conditionMessage, offset)
}

function equality(left: Expression, right: Expression, offset: number | undefined): Equality {
  if (!comparable(left.type, right.type)) {
    refuse('type-mismatch', `${left.type.sql} and ${right.type.sql} cannot be joined`, offset)
  }
  return { left, right }
}
