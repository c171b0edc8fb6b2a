import { queryNode, subqueryNode } from '../ast/nodes.ts'
import { offsetWithin, read, tagOf, textOf } from '../ast/read.ts'
import { Refusal, refuse } from '../reasons.ts'
import type { Block } from './block.ts'
import type { Column, Expression } from './expression.ts'
import { compare } from './operators.ts'
import { booleanType } from './types.ts'

/** Reads a subquery in an expression as a block of its own: what it gives is released, as if the analyst had typed it. */
export type SubqueryReader = (query: unknown) => Block

/** Each subquery once, however often the same text stands in a query: equal texts are equal values. */
export function subqueriesOnce(analyse: (query: unknown) => Block): SubqueryReader {
  const known = new Map<string, Block>()
  return (query) => {
    const key = textOf(query)
    const block = known.get(key) ?? alone(() => analyse(query))
    known.set(key, block)
    return block
  }
}

/** Names of the query around it do not resolve; that deserves a better answer than an unknown column. */
function alone(analyse: () => Block): Block {
  try {
    return analyse()
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'column-unknown') throw error
    const message =
      'a subquery in an expression stands alone: it names the columns of its own FROM only; write a join, and count who is missing as the rest'
    return refuse('subquery-not-allowed', message, error.offset)
  }
}

/** A value, `IN (SELECT …)` or EXISTS. */
export function translateSubquery(node: unknown, block: SubqueryReader, inner: (child: unknown) => Expression): Expression {
  const offset = offsetWithin(node)
  const message = 'a subquery is a single value, a list after IN, or stands after EXISTS'
  const { subquery_type, subquery, child } = read(subqueryNode, node, 'subquery-not-allowed', message)
  const source =
    subquery_type === 'SCALAR' ? block(read(queryNode, subquery).node) : orNoRows(() => block(read(queryNode, subquery).node))
  if (subquery_type === 'EXISTS') return { kind: 'scalar', block: source.name, column: null, type: booleanType }
  const [column, ...others] = source.select
  if (column === undefined || others.length > 0) {
    return refuse('subquery-not-allowed', 'a subquery in an expression selects one column', offset)
  }
  const { type } = column.value
  if (subquery_type === 'ANY') {
    const listed: Column = { kind: 'column', table: 'r', name: column.name, type, slot: null }
    const equal = compare('COMPARE_EQUAL', inner(child), listed, offset)
    if (equal.kind !== 'compare') throw new Error('a comparison is a comparison')
    return { kind: 'inBlock', value: equal.left, block: source.name, listed, type: booleanType }
  }
  if (!source.single) {
    refuse('subquery-not-allowed', 'a subquery that is a value gives one row: aggregate without GROUP BY, or LIMIT 1', offset)
  }
  if (type.family === 'null') refuse('type-mismatch', 'a subquery that is a value has a type', offset)
  return { kind: 'scalar', block: source.name, column: column.name, type }
}

/** People of whom another owner has no row are not asked for: NOT IN and NOT EXISTS give no rows of registers. */
function orNoRows(analyse: () => Block): Block {
  try {
    return analyse()
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'raw-rows') throw error
    const message = 'rows stand after IN and EXISTS, not under NOT or OR; count all, count those who are in both, and subtract'
    return refuse('subquery-not-allowed', message, error.offset)
  }
}

/** The expression that a subquery is compared with belongs to the query around it; the rest does not. */
export function outsideSubquery(node: object): unknown {
  return tagOf(node, 'class') === 'SUBQUERY' ? (node as { child?: unknown }).child : node
}
