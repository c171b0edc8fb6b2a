import { refuse } from '../reasons.ts'
import type { Node } from './build.ts'

/** What an expression's text needs of everything around it. */
export interface Printer {
  readonly name: (name: string) => string
  readonly expression: (node: Node) => string
  /** of a query node, with the parameters it uses */
  readonly query: (query: Node) => string
}

const compared: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '!=',
  COMPARE_LESSTHAN: '<',
  COMPARE_GREATERTHAN: '>',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_DISTINCT_FROM: 'IS DISTINCT FROM',
  COMPARE_NOT_DISTINCT_FROM: 'IS NOT DISTINCT FROM',
}

/** An expression without its alias. Every operator stands in parentheses, so precedence decides nothing. */
export function printExpression(node: Node, printer: Printer): string {
  const { expression, name } = printer
  switch (node.class) {
    case 'COLUMN_REF':
      return list(node.column_names as readonly string[], name, '.')
    case 'CONSTANT':
      return constant(node.value as Node)
    case 'CAST':
      return `${node.try_cast === true ? 'TRY_CAST' : 'CAST'}(${expression(node.child as Node)} AS ${typeName(node.cast_type as Node)})`
    case 'COMPARISON':
      return `(${expression(node.left as Node)} ${compared[String(node.type)] ?? unknown(node)} ${expression(node.right as Node)})`
    case 'CONJUNCTION':
      return `(${all(node.children, printer, node.type === 'CONJUNCTION_AND' ? ' AND ' : ' OR ')})`
    case 'OPERATOR':
      return operator(node, printer)
    case 'CASE': {
      const checks = node.case_checks as readonly { readonly when_expr: Node; readonly then_expr: Node }[]
      const branches = list(checks, (c) => ` WHEN (${expression(c.when_expr)}) THEN (${expression(c.then_expr)})`, '')
      return `CASE ${branches} ELSE ${expression(node.else_expr as Node)} END`
    }
    case 'FUNCTION':
      return call(node, printer)
    case 'WINDOW':
      return windowCall(node, printer)
    case 'SUBQUERY':
      if (node.subquery_type !== 'ANY') return unknown(node)
      return `(${expression(node.child as Node)} ${compared[String(node.comparison_type)] ?? unknown(node)} ANY(${printer.query(node.subquery as Node)}))`
    default:
      return unknown(node)
  }
}

export function unknown(node: Node): never {
  return refuse('plan-not-allowed', `the rewritten query has no text for ${String(node.class ?? '')} ${String(node.type)}`)
}

function list<T>(items: readonly T[], print: (item: T) => string, between = ', '): string {
  return items.map(print).join(between)
}

function all(nodes: unknown, { expression }: Printer, between = ', '): string {
  return list(nodes as readonly Node[], expression, between)
}

function constant(value: Node): string {
  if (value.is_null === true) return 'NULL'
  return typeof value.value === 'string' ? `'${value.value.replaceAll("'", "''")}'` : String(value.value)
}

function typeName({ id, type_info }: Node): string {
  const decimal = type_info as { readonly width: number; readonly scale: number } | null
  return decimal === null ? String(id) : `${String(id)}(${decimal.width},${decimal.scale})`
}

function operator(node: Node, printer: Printer): string {
  const children = node.children as readonly Node[]
  const [first = unknown(node), ...rest] = children
  switch (node.type) {
    case 'OPERATOR_NOT':
      return `(NOT ${printer.expression(first)})`
    case 'OPERATOR_IS_NULL':
      return `(${printer.expression(first)} IS NULL)`
    case 'OPERATOR_IS_NOT_NULL':
      return `(${printer.expression(first)} IS NOT NULL)`
    case 'COMPARE_IN':
      return `(${printer.expression(first)} IN (${all(rest, printer)}))`
    case 'COMPARE_NOT_IN':
      return `(${printer.expression(first)} NOT IN (${all(rest, printer)}))`
    case 'OPERATOR_COALESCE':
      return `COALESCE(${all(children, printer)})`
    case 'GROUPING_FUNCTION':
      return `GROUPING(${all(children, printer)})`
    case 'OPERATOR_TRY':
      return `TRY(${all(children, printer)})`
    default:
      return unknown(node)
  }
}

function call(node: Node, printer: Printer): string {
  const children = node.children as readonly Node[]
  const name = String(node.function_name)
  const [left, right] = children
  if (node.is_operator === true && left !== undefined && right !== undefined)
    return `(${printer.expression(left)} ${name} ${printer.expression(right)})`
  const distinct = node.distinct === true ? 'DISTINCT ' : ''
  const { orders } = node.order_bys as { readonly orders: readonly Node[] }
  const order = orders.length === 0 ? '' : ` ORDER BY ${printOrders(orders, printer)}`
  const filter = node.filter === null ? '' : ` FILTER (WHERE ${printer.expression(node.filter as Node)})`
  return `${printer.name(name)}(${distinct}${all(children, printer)}${order})${filter}`
}

const directions: Readonly<Record<string, string>> = { ASCENDING: ' ASC', DESCENDING: ' DESC' }

export function printOrders(orders: readonly Node[], { expression }: Printer): string {
  return list(orders, (order) => {
    const direction = directions[String(order.type)] ?? unknown(order)
    return `${expression(order.expression as Node)}${direction} ${String(order.null_order)}`
  })
}

function windowCall(node: Node, printer: Printer): string {
  const { expression } = printer
  const optional = [node.offset_expr, node.default_expr].filter((e) => e !== null)
  const argumentOrders = node.arg_orders as readonly Node[]
  const inside = [
    `${node.distinct === true ? 'DISTINCT ' : ''}${all([...(node.children as readonly Node[]), ...optional], printer)}`,
    ...(argumentOrders.length === 0 ? [] : [`ORDER BY ${printOrders(argumentOrders, printer)}`]),
    ...(node.ignore_nulls === true ? ['IGNORE NULLS'] : []),
  ]
  const [partitions, orders] = [node.partitions as readonly Node[], node.orders as readonly Node[]]
  const over = [
    ...(partitions.length === 0 ? [] : [`PARTITION BY ${all(partitions, printer)}`]),
    ...(orders.length === 0 ? [] : [`ORDER BY ${printOrders(orders, printer)}`]),
    ...frame(node, printer),
  ]
  const filter = node.filter_expr === null ? '' : ` FILTER (WHERE ${expression(node.filter_expr as Node)})`
  return `${printer.name(String(node.function_name))}(${inside.join(' ')})${filter} OVER (${over.join(' ')})`
}

/** Nothing for the frame that a window has if none is written. */
function frame(node: Node, { expression }: Printer): readonly string[] {
  const [start, end] = [String(node.start), String(node.end)]
  const units = [start, end].map((side) => /_(ROWS|RANGE|GROUPS)$/.exec(side)?.[1]).find((u) => u !== undefined) ?? 'ROWS'
  const side = (named: string, by: unknown) => {
    const text = named.replace(/_(ROWS|RANGE|GROUPS)$/, '').replaceAll('_', ' ')
    return by === null ? text : text.replace('EXPR', () => expression(by as Node))
  }
  const without = node.exclude_clause === 'CURRENT_ROW' ? ['EXCLUDE CURRENT ROW'] : []
  if (start === 'UNBOUNDED_PRECEDING' && end === 'CURRENT_ROW_RANGE' && without.length === 0) return []
  return [`${units} BETWEEN ${side(start, node.start_expr)} AND ${side(end, node.end_expr)}`, ...without]
}
