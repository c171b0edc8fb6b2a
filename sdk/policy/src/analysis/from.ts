import { baseTableNode, comparisonNode, conjunctionNode, joinNode, queryNode, subqueryTableNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, read, sameName, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block, Equality, From, Relation } from './block.ts'
import { columnsOf, type Expression } from './expression.ts'
import { commonTypeOf } from './operators.ts'
import type { ParameterBinder } from './parameters.ts'
import { resolve, type Scope } from './scope.ts'
import type { Slot } from './slots.ts'
import { translate } from './translate.ts'
import { comparable } from './types.ts'

/** What a FROM clause can name. */
export interface Tables {
  readonly block: (name: string) => Block | undefined
  readonly slot: (name: string) => Slot | undefined
  readonly subquery: (node: unknown, columnNames: readonly string[]) => Block
  readonly parameters: ParameterBinder
}

type Read = { readonly from: From; readonly scope: Scope }

export function readFrom(node: unknown, tables: Tables): Read {
  let next = 0
  const alias = () => `t${next++}`
  const visit = (table: unknown): Read => {
    switch (tagOf(table, 'type')) {
      case 'BASE_TABLE':
        return single(readTable(table, tables, alias()))
      case 'SUBQUERY':
        return single(readSubquery(table, tables, alias()))
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

function single(relation: Relation): Read {
  return { from: { kind: 'relation', relation }, scope: { relations: [relation], merged: new Map() } }
}

function readTable(node: unknown, tables: Tables, table: string): Relation {
  const message = 'FROM takes the datasets of the contract by their name, without catalogue, sample or column list'
  const { table_name: name, alias } = read(baseTableNode, node, 'table-not-allowed', message)
  const block = tables.block(name)
  if (block !== undefined) return blockRelation(alias || name, table, block)
  const slot = tables.slot(name)
  if (slot === undefined) return refuse('table-not-allowed', 'this is no dataset of the contract', offsetOf(node))
  return { alias: alias || name, table, source: { kind: 'slot', slot }, columns: slot.columns }
}

function readSubquery(node: unknown, tables: Tables, table: string): Relation {
  const { subquery, alias, column_name_alias: names } = read(subqueryTableNode, node)
  return blockRelation(alias || 'unnamed_subquery', table, tables.subquery(read(queryNode, subquery).node, names))
}

function blockRelation(alias: string, table: string, block: Block): Relation {
  const columns = block.select.map(({ name, value }) => ({ name, type: value.type }))
  return { alias, table, source: { kind: 'block', block }, columns }
}

const joinTypes: Readonly<Record<string, 'inner' | 'left' | 'full'>> = { INNER: 'inner', LEFT: 'left', FULL: 'full' }

function readJoin(node: unknown, tables: Tables, visit: (table: unknown) => Read): Read {
  const offset = offsetWithin(node)
  const shape = read(joinNode, node, 'join-not-allowed', 'this kind of join is not allowed')
  const left = visit(shape.left)
  const right = visit(shape.right)
  const relations = [...left.scope.relations, ...right.scope.relations]
  if (relations.some((r, i) => relations.some((other, j) => j < i && sameName(r.alias, other.alias)))) {
    refuse('join-not-allowed', 'two tables of a join have the same name', offset)
  }
  if (shape.ref_type === 'CROSS' && shape.condition === null && shape.using_columns.length === 0) {
    const from: From = { kind: 'join', join: 'cross', left: left.from, right: right.from, equalities: [] }
    return { from, scope: { relations, merged: new Map([...left.scope.merged, ...right.scope.merged]) } }
  }
  const join = joinTypes[shape.join_type]
  if (join === undefined || shape.ref_type !== 'REGULAR') {
    return refuse('join-not-allowed', 'joins are INNER, LEFT or FULL, with ON or USING', offset)
  }
  const merged = new Map([...left.scope.merged, ...right.scope.merged])
  const using = shape.using_columns.map((name) => {
    const a = resolve(left.scope, [name], offset)
    const b = resolve(right.scope, [name], offset)
    const type = commonTypeOf([a, b], offset)
    merged.set(name.toLowerCase(), join === 'full' ? { kind: 'coalesce', values: [a, b], type } : a)
    return equality(a, b, offset)
  })
  const on = shape.condition === null ? [] : readCondition(shape.condition, left.scope, right.scope, tables.parameters)
  const equalities = [...using, ...on]
  if (equalities.length === 0) refuse('join-not-allowed', 'a join needs an equality of columns', offset)
  return { from: { kind: 'join', join, left: left.from, right: right.from, equalities }, scope: { relations, merged } }
}

/** Equalities joined by AND, each between the two sides of the join. */
function readCondition(node: unknown, left: Scope, right: Scope, parameters: ParameterBinder): readonly Equality[] {
  if (tagOf(node, 'type') === 'CONJUNCTION_AND') {
    return read(conjunctionNode, node).children.flatMap((child) => readCondition(child, left, right, parameters))
  }
  const offset = offsetWithin(node)
  const message = 'a join condition is an equality between columns of its two sides, or several joined by AND'
  const { type, left: a, right: b } = read(comparisonNode, node, 'join-not-allowed', message)
  if (type !== 'COMPARE_EQUAL') refuse('join-not-allowed', message, offset)
  const both: Scope = { relations: [...left.relations, ...right.relations], merged: new Map([...left.merged, ...right.merged]) }
  const sideOf = (side: unknown) => {
    const value = translate(side, {
      column: (names, at) => resolve(both, names, at),
      aggregate: (call) => refuse('join-not-allowed', message, offsetOf(call)),
      parameters,
    })
    const tables = new Set(columnsOf(value).map((c) => c.table))
    const within = (scope: Scope) => [...tables].every((t) => scope.relations.some((r) => r.table === t))
    if (tables.size === 0) return refuse('join-not-allowed', message, offset)
    return { value, side: within(left) ? 'left' : within(right) ? 'right' : 'both' }
  }
  const [x, y] = [sideOf(a), sideOf(b)]
  if (x.side === 'left' && y.side === 'right') return [equality(x.value, y.value, offset)]
  if (x.side === 'right' && y.side === 'left') return [equality(y.value, x.value, offset)]
  return refuse('join-not-allowed', message, offset)
}

function equality(left: Expression, right: Expression, offset: number | undefined): Equality {
  if (!comparable(left.type, right.type)) {
    refuse('type-mismatch', `${left.type.sql} and ${right.type.sql} cannot be joined`, offset)
  }
  return { left, right }
}
