import { projectedAs } from './plan-columns.ts'

export interface OutputColumn {
  readonly name: string
  /** DuckDB's name of the type */
  readonly type: string
}

type PlanNode = Readonly<Record<string, unknown>>

/** What hands on the columns of what it reads, and which of its children that is. */
const handedOn: Readonly<Record<string, number>> = {
  LOGICAL_DISTINCT: 0,
  LOGICAL_FILTER: 0,
  LOGICAL_LIMIT: 0,
  LOGICAL_MATERIALIZED_CTE: 1,
  LOGICAL_ORDER_BY: 0,
}

/** Types whose name in a plan is that in SQL. */
const plainTypes: ReadonlySet<unknown> = new Set([
  ...['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UBIGINT', 'FLOAT', 'DOUBLE'],
  ...['VARCHAR', 'DATE', 'TIMESTAMP', 'INTERVAL'],
])

/** The columns of a plan that was judged, which saves binding it once more; null where only the engine can say. */
export function outputsOf(plan: unknown): readonly OutputColumn[] | null {
  let node = (plan as { readonly plans: readonly PlanNode[] }).plans[0]
  while (node !== undefined && node.type !== 'LOGICAL_PROJECTION') {
    const child = handedOn[String(node.type)]
    node = child === undefined ? undefined : (node.children as readonly PlanNode[] | undefined)?.[child]
  }
  const top = node ?? {}
  const columns = ((top.expressions ?? []) as readonly PlanNode[]).map((expression) => ({
    name: nameOf(expression, top),
    type: typeOf(expression),
  }))
  const known = (column: { readonly name: unknown; readonly type: string | null }): column is OutputColumn =>
    typeof column.name === 'string' && column.name !== '' && column.type !== null
  return columns.length > 0 && columns.every(known) ? columns : null
}

/** What only leaves out columns that rows were sorted by gives no names of its own. */
function nameOf(expression: PlanNode, projection: PlanNode): unknown {
  if (expression.alias !== undefined || expression.expression_class !== 'BOUND_REF') return expression.alias
  return projectedAs(expression, projection, new Map())?.expression.alias
}

function typeOf({ expression_class, return_type, value }: PlanNode): string | null {
  if (expression_class === 'BOUND_COMPARISON' || expression_class === 'BOUND_CONJUNCTION') return 'BOOLEAN'
  const type = expression_class === 'BOUND_CONSTANT' ? (value as PlanNode | undefined)?.type : return_type
  const { id, type_info } = (type ?? {}) as { readonly id?: unknown; readonly type_info?: PlanNode }
  if (type_info === undefined) return plainTypes.has(id) ? String(id) : null
  const { type: kind, width, scale = 0 } = type_info
  return kind === 'DECIMAL_TYPE_INFO' ? `DECIMAL(${Number(width)},${Number(scale)})` : null
}
