import { engineAggregateNames, unitAggregateNames } from '../analysis/aggregate-names.ts'
import { scalarFunctionNames } from '../analysis/functions.ts'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'

// What the bound, unoptimised plan of a rewritten query may hold (DuckDB 1.5). A plan with anything else refuses.

const operators: ReadonlySet<string> = new Set([
  'LOGICAL_AGGREGATE_AND_GROUP_BY',
  'LOGICAL_COMPARISON_JOIN',
  'LOGICAL_CROSS_PRODUCT',
  'LOGICAL_CTE_REF',
  'LOGICAL_DISTINCT',
  'LOGICAL_EXCEPT',
  'LOGICAL_FILTER',
  'LOGICAL_GET',
  'LOGICAL_INTERSECT',
  'LOGICAL_LIMIT',
  'LOGICAL_MATERIALIZED_CTE',
  'LOGICAL_ORDER_BY',
  'LOGICAL_PROJECTION',
  'LOGICAL_UNION',
  // over cells only: see checkWindow
  'LOGICAL_WINDOW',
])

const expressions: ReadonlySet<string> = new Set([
  'BOUND_AGGREGATE',
  'BOUND_CASE',
  'BOUND_CAST',
  'BOUND_COLUMN_REF',
  'BOUND_COMPARISON',
  'BOUND_CONJUNCTION',
  'BOUND_CONSTANT',
  'BOUND_FUNCTION',
  'BOUND_OPERATOR',
  'BOUND_REF',
  'BOUND_WINDOW',
])

const arithmetic: ReadonlySet<string> = new Set(['+', '-', '*', '/', '//', '%', '||'])

/** Over cells; a window function is the same as an aggregate in that only some are safe. */
const windows: ReadonlySet<string> = new Set(['max', 'bit_or', 'sum', 'count', 'count_star'])

/** What a sketch of units is made of, which no query can name: allowed inside bit_or, and over its result. */
const sketching: ReadonlySet<string> = new Set(['hash', '<<', '&'])

type PlanNode = Readonly<Record<string, unknown>>

interface Plan {
  readonly slots: readonly Slot[]
  readonly tables: ReadonlyMap<unknown, unknown>
}

/** The plan as json_serialize_plan gives it: an error, an unknown operator or an unknown function refuses. */
export function checkPlan(plan: unknown, slots: readonly Slot[]): void {
  const { error, plans } = plan as { error?: unknown; plans?: unknown }
  if (error !== false || !Array.isArray(plans) || plans.length !== 1) {
    refuse('binding-failed', 'the types or names of the query do not fit the declared columns')
  }
  visit(plans, { slots, tables: new Map(tablesOf(plans)) })
}

/** What stands around an expression: a sketch of units, and an aggregate of what is computed here. */
interface Around {
  readonly sketch: boolean
  readonly aggregated: boolean
}

function visit(value: unknown, plan: Plan, around: Around = { sketch: false, aggregated: false }): void {
  if (value === null || typeof value !== 'object') return
  const node = value as PlanNode
  if (typeof node.type === 'string' && node.type.startsWith('LOGICAL_')) checkOperator(node, plan)
  if (node.expression_class !== undefined) checkExpression(node, around)
  const sketch = around.sketch || isSketch(node)
  const aggregates = node.type === 'LOGICAL_AGGREGATE_AND_GROUP_BY'
  for (const [key, child] of Object.entries(node)) {
    visit(child, plan, { sketch, aggregated: around.aggregated || (aggregates && key === 'children') })
  }
}

/** bit_or over rows of a value that is not a column's own. */
function isSketch(node: PlanNode): boolean {
  return node.expression_class === 'BOUND_AGGREGATE' && node.name === 'bit_or'
}

/** Every branch of a sketch is one bit, chosen by a hash, or NULL: nothing else may be or-ed over rows. */
function isOneBit(node: PlanNode): boolean {
  const [only] = node.children as readonly PlanNode[]
  const checks = only?.case_checks as readonly { readonly then_expr: PlanNode }[] | undefined
  const shifted = checks?.[0]?.then_expr
  const [one, by] = (shifted?.children ?? []) as readonly PlanNode[]
  const [hash] = (by?.children ?? []) as readonly PlanNode[]
  const alone = checks?.length === 1 && JSON.stringify(only?.else_expr ?? null).includes('"is_null":true')
  return (
    alone &&
    shifted?.name === '<<' &&
    JSON.stringify(one ?? null).includes('"value":1}') &&
    by?.name === '&' &&
    hash?.name === 'hash'
  )
}

/** A window shows rows to each other, so under it rows of a protected dataset must have become cells. */
function checkWindow(node: PlanNode, { slots, tables }: Plan): void {
  const readsRows = (value: unknown): boolean => {
    if (value === null || typeof value !== 'object') return false
    const inner = value as PlanNode
    switch (inner.type) {
      case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
        return false
      case 'LOGICAL_CTE_REF':
        return !tables.has(inner.cte_index) || readsRows(tables.get(inner.cte_index))
      case 'LOGICAL_GET': {
        const name = (inner.function_data as { table?: unknown } | undefined)?.table
        return slots.find((s) => s.id === name)?.unit !== null
      }
      default:
        return Object.values(inner).some(readsRows)
    }
  }
  if (readsRows(node.children)) refuse('plan-not-allowed', 'the plan of the query has a window over rows of a dataset')
}

/** The definition of every table expression, by the number that references have. */
function tablesOf(value: unknown): readonly (readonly [number: unknown, definition: unknown])[] {
  if (value === null || typeof value !== 'object') return []
  const node = value as PlanNode
  const own =
    node.type === 'LOGICAL_MATERIALIZED_CTE' ? [[node.table_index, (node.children as readonly unknown[])[0]] as const] : []
  return [...own, ...Object.values(node).flatMap(tablesOf)]
}

function checkOperator(node: PlanNode, plan: Plan): void {
  if (!operators.has(String(node.type))) refuse('plan-not-allowed', 'the plan of the query has an operator that nobody judged')
  if (node.type === 'LOGICAL_WINDOW') checkWindow(node, plan)
  if (node.type !== 'LOGICAL_GET') return
  const source = node.function_data as { catalog?: unknown; schema?: unknown; table?: unknown } | undefined
  const table = plan.slots.some((s) => s.id === source?.table) && source?.catalog === 'temp' && source.schema === 'main'
  if (node.name !== 'seq_scan' || !table) refuse('plan-not-allowed', 'the plan of the query reads something other than a dataset')
}

function checkExpression(node: PlanNode, around: Around): void {
  const kind = String(node.expression_class)
  if (!expressions.has(kind)) refuse('plan-not-allowed', 'the plan of the query has an expression that nobody judged')
  if (kind !== 'BOUND_FUNCTION' && kind !== 'BOUND_AGGREGATE' && kind !== 'BOUND_WINDOW') return
  const name = String(node.name)
  const system = (node.catalog_name === 'system' && node.schema_name === 'main') || isSpecialised(node, name)
  const rowNumber = kind === 'BOUND_WINDOW' && node.type === 'WINDOW_ROW_NUMBER'
  if (!rowNumber && !(isKnown(node, name, around) && system)) {
    refuse('plan-not-allowed', 'the plan of the query calls a function that nobody judged')
  }
}

function isKnown(node: PlanNode, name: string, { sketch, aggregated }: Around): boolean {
  switch (node.expression_class) {
    case 'BOUND_WINDOW':
      return node.type === 'WINDOW_AGGREGATE' && windows.has(name)
    case 'BOUND_AGGREGATE':
      return name === 'bit_or' ? isOneBit(node) : engineAggregateNames.has(name) || (aggregated && unitAggregateNames.has(name))
    default:
      return scalarFunctionNames.has(name) || arithmetic.has(name) || name === 'bit_count' || (sketch && sketching.has(name))
  }
}

/** Binding replaces these by a variant for the argument's type, and the variant says no catalogue. */
function isSpecialised(node: PlanNode, name: string): boolean {
  const nowhere = (node.catalog_name ?? '') === '' && (node.schema_name ?? '') === ''
  const window = node.expression_class === 'BOUND_WINDOW' && windows.has(name)
  return (
    nowhere &&
    (window || (['sum', 'avg', 'min', 'max', 'quantile_cont'].includes(name) && node.expression_class === 'BOUND_AGGREGATE'))
  )
}
