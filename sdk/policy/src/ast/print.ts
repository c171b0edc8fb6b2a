import { refuse } from '../reasons.ts'
import { hintField, type Node } from './build.ts'
import { type Printer, printExpression, printOrders, unknown } from './print-expression.ts'

/** What the engine's memory, which is small here, holds the text and the plan of. */
const longest = 400_000

/**
 * The SQL text of a query that the guard built, as DuckDB itself prints it. Nothing rests on this but that honest queries
 * run: the text is parsed again, and must give the query. Parts are shared in memory, so each is printed once.
 * @param keywords names that need quotes
 */
export function printQuery(select: Node, keywords: ReadonlySet<string>): string {
  const known = new Map<Node, string>()
  const printer: Printer = {
    name: (name) => (/^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`),
    expression(node) {
      const found = known.get(node)
      if (found !== undefined) return found
      const text = short(printExpression(node, printer))
      known.set(node, text)
      return text
    },
    query: ({ node }) => short(queryNode(node as Node, printer)),
  }
  return printer.query({ node: select })
}

function short(text: string): string {
  return text.length > longest ? refuse('too-complex', 'the rewritten query is too large; ask for less at once') : text
}

function queryNode(node: Node, printer: Printer): string {
  const body = node.type === 'SET_OPERATION_NODE' ? setOperation(node, printer) : select(node, printer)
  return `${commonTables(node, printer)}${body}${modifiers(node, printer)}`
}

function commonTables({ cte_map }: Node, { name, query }: Printer): string {
  const { map } = cte_map as { readonly map: readonly { readonly key: string; readonly value: Node }[] }
  if (map.length === 0) return ''
  const tables = map.map(({ key, value }) => `${name(key)} AS ${hint(value)}(${query(value.query as Node)})`)
  return `WITH ${tables.join(', ')}`
}

function hint({ [hintField]: once }: Node): string {
  return once === undefined ? '' : once === true ? 'MATERIALIZED ' : 'NOT MATERIALIZED '
}

function setOperation(node: Node, { query }: Printer): string {
  const sides = [node.left, node.right].map((side) => `(${query({ node: side })})`)
  return sides.join(` ${String(node.setop_type)}${node.setop_all === true ? ' ALL' : ''} `)
}

function select(node: Node, printer: Printer): string {
  const { expression } = printer
  const isDistinct = (node.modifiers as readonly Node[]).some((m) => m.type === 'DISTINCT_MODIFIER')
  const items = (node.select_list as readonly Node[]).map((item) => aliased(expression(item), item, printer))
  const where = node.where_clause === null ? '' : ` WHERE ${expression(node.where_clause as Node)}`
  const having = node.having === null ? '' : ` HAVING ${expression(node.having as Node)}`
  const from = ` FROM ${table(node.from_table as Node, printer)}`
  return `SELECT ${isDistinct ? 'DISTINCT ' : ''}${items.join(', ')}${from}${where}${groups(node, printer)}${having}`
}

function aliased(text: string, { alias }: Node, { name }: Printer): string {
  return alias === '' ? text : `${text} AS ${name(String(alias))}`
}

function groups(node: Node, { expression }: Printer): string {
  const keys = (node.group_expressions as readonly Node[]).map(expression)
  const sets = node.group_sets as readonly (readonly number[])[]
  if (sets.length === 0) return ''
  if (sets.length === 1) return ` GROUP BY ${keys.join(', ')}`
  return ` GROUP BY GROUPING SETS (${sets.map((set) => `(${set.map((i) => keys[i]).join(', ')})`).join(',')})`
}

function modifiers(node: Node, printer: Printer): string {
  const { expression } = printer
  return (node.modifiers as readonly Node[])
    .map((modifier) => {
      switch (modifier.type) {
        case 'ORDER_MODIFIER':
          return ` ORDER BY ${printOrders(modifier.orders as readonly Node[], printer)}`
        case 'LIMIT_MODIFIER': {
          const limit = modifier.limit === null ? '' : ` LIMIT ${expression(modifier.limit as Node)}`
          return modifier.offset === null ? limit : `${limit} OFFSET ${expression(modifier.offset as Node)}`
        }
        default:
          return ''
      }
    })
    .join('')
}

function table(node: Node, printer: Printer): string {
  switch (node.type) {
    case 'BASE_TABLE':
      return aliased(printer.name(String(node.table_name)), node, printer)
    case 'SUBQUERY':
      return aliased(`(${printer.query(node.subquery as Node)})`, node, printer)
    case 'JOIN':
      return join(node, printer)
    default:
      return unknown(node)
  }
}

function join(node: Node, printer: Printer): string {
  const [left, right] = [node.left, node.right].map((side) => table(side as Node, printer))
  if (node.condition === null) return `${left} CROSS JOIN ${right}`
  return `${left} ${String(node.join_type)} JOIN ${right} ON (${printer.expression(node.condition as Node)})`
}
