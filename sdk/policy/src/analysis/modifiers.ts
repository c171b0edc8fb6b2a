import type { z } from 'zod'
import { constantNode, distinctModifier, limitModifier, orderByAllNode, orderModifier, orderNode } from '../ast/nodes.ts'
import { offsetWithin, read, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Block } from './block.ts'
import { type Expression, keyOf, type Order } from './expression.ts'

type Select = Block['select']
type Modifiers = Pick<Block, 'distinct' | 'order' | 'limit' | 'offset'>

/** DISTINCT, ORDER BY and LIMIT: all of them work on released values. */
export function readModifiers(
  modifiers: readonly unknown[],
  select: Select,
  value: (node: unknown) => Expression,
  constant: (node: unknown) => Expression,
): Modifiers {
  let result: Modifiers = { distinct: false, order: [], limit: null, offset: null }
  const seen = new Set<string>()
  for (const modifier of modifiers) {
    const type = tagOf(modifier, 'type')
    if (seen.has(type)) refuse('construct-not-allowed', 'this combination of modifiers is not allowed', offsetWithin(modifier))
    seen.add(type)
    switch (type) {
      case 'DISTINCT_MODIFIER':
        read(distinctModifier, modifier, 'construct-not-allowed', 'DISTINCT ON is not allowed')
        result = { ...result, distinct: true }
        break
      case 'ORDER_MODIFIER':
        result = { ...result, order: readOrder(modifier, select, value) }
        break
      case 'LIMIT_MODIFIER': {
        const { limit, offset } = read(limitModifier, modifier)
        result = { ...result, limit: readCount(limit, constant), offset: readCount(offset, constant) }
        break
      }
      default:
        refuse('limit-not-allowed', 'LIMIT takes a number of rows', offsetWithin(modifier))
    }
  }
  const shown = select.map((s) => keyOf(s.value))
  if (result.distinct && result.order.some((o) => !shown.includes(keyOf(o.value)))) {
    // which of several equal rows would decide the order is anyone's guess
    refuse('construct-not-allowed', 'SELECT DISTINCT is ordered by what it selects', offsetWithin(modifiers))
  }
  return result
}

/** LIMIT 1 makes one row of any number of them. */
export function isOneRow({ limit }: Pick<Block, 'limit'>): boolean {
  return limit !== null && limit <= 1
}

function readOrder(modifier: unknown, select: Select, value: (node: unknown) => Expression): readonly Order[] {
  const named = (node: unknown) => positionIn(select, node) ?? aliasIn(select, node) ?? value(node)
  const { orders } = read(orderModifier, modifier)
  const [only, ...more] = orders
  if (only === undefined || more.length > 0 || tagOf(only.expression, 'class') !== 'STAR') return readOrders(orders, named)
  read(orderByAllNode, only.expression, 'star-not-allowed', 'name the columns, or write ORDER BY ALL')
  return select.map(({ value }) => orderOf(only, value))
}

export function readOrders(orders: readonly unknown[], value: (node: unknown) => Expression): readonly Order[] {
  return orders.map((node) => read(orderNode, node)).map((order) => orderOf(order, value(order.expression)))
}

function orderOf({ type, null_order }: z.infer<typeof orderNode>, value: Expression): Order {
  // DuckDB's default, written out so that no setting changes it
  return { value, descending: type === 'DESCENDING', nullsFirst: null_order === 'NULLS FIRST' }
}

/** An integer constant in ORDER BY or GROUP BY names an item of the SELECT list, from 1. */
export function positionOfConstant(node: unknown): number | undefined {
  if (tagOf(node, 'class') !== 'CONSTANT') return undefined
  const { value } = read(constantNode, node)
  return !value.is_null && typeof value.value === 'number' && ['INTEGER', 'BIGINT'].includes(value.type.id)
    ? value.value
    : undefined
}

function positionIn(select: Select, node: unknown): Expression | undefined {
  const position = positionOfConstant(node)
  if (position === undefined) return undefined
  return (
    select[position - 1]?.value ?? refuse('column-unknown', 'there is no such position in the SELECT list', offsetWithin(node))
  )
}

/** The SELECT item that an unqualified name means, if any. */
export function aliasIn(select: Select, node: unknown): Expression | undefined {
  const names = tagOf(node, 'class') === 'COLUMN_REF' ? (node as { column_names?: unknown }).column_names : undefined
  if (!Array.isArray(names) || names.length !== 1 || typeof names[0] !== 'string') return undefined
  const name = names[0].toLowerCase()
  return select.find((s) => s.name.toLowerCase() === name)?.value
}

function readCount(node: unknown, constant: (node: unknown) => Expression): number | null {
  if (node === null) return null
  const message = 'LIMIT and OFFSET take a whole number or a parameter of type BIGINT'
  if (!['CONSTANT', 'PARAMETER'].includes(tagOf(node, 'class'))) refuse('limit-not-allowed', message, offsetWithin(node))
  const value = constant(node)
  if (value.kind !== 'constant' || value.type.family !== 'integer' || value.text === null) {
    return refuse('limit-not-allowed', message, offsetWithin(node))
  }
  const count = Number(value.text)
  return count >= 0 && count <= 1_000_000_000 ? count : refuse('limit-not-allowed', message, offsetWithin(node))
}
