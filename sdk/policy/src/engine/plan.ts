import { engineAggregateNames } from '../analysis/aggregate-names.ts'
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
])

const arithmetic: ReadonlySet<string> = new Set(['+', '-', '*', '/', '//', '%', '||'])

/** The plan as json_serialize_plan gives it: an error, an unknown operator or an unknown function refuses. */
export function checkPlan(plan: unknown, slots: readonly Slot[]): void {
  const { error, plans } = plan as { error?: unknown; plans?: unknown }
  if (error !== false || !Array.isArray(plans) || plans.length !== 1) {
    refuse('binding-failed', 'the types or names of the query do not fit the declared columns')
  }
  visit(plans, slots)
}

function visit(value: unknown, slots: readonly Slot[]): void {
  if (value === null || typeof value !== 'object') return
  const node = value as Readonly<Record<string, unknown>>
  if (typeof node.type === 'string' && node.type.startsWith('LOGICAL_')) checkOperator(node, slots)
  if (node.expression_class !== undefined) checkExpression(node)
  for (const child of Object.values(node)) visit(child, slots)
}

function checkOperator(node: Readonly<Record<string, unknown>>, slots: readonly Slot[]): void {
  if (!operators.has(String(node.type))) refuse('plan-not-allowed', 'the plan of the query has an operator that nobody judged')
  if (node.type !== 'LOGICAL_GET') return
  const source = node.function_data as { catalog?: unknown; schema?: unknown; table?: unknown } | undefined
  const table = slots.some((s) => s.id === source?.table) && source?.catalog === 'temp' && source.schema === 'main'
  if (node.name !== 'seq_scan' || !table) refuse('plan-not-allowed', 'the plan of the query reads something other than a dataset')
}

function checkExpression(node: Readonly<Record<string, unknown>>): void {
  const kind = String(node.expression_class)
  if (!expressions.has(kind)) refuse('plan-not-allowed', 'the plan of the query has an expression that nobody judged')
  if (kind !== 'BOUND_FUNCTION' && kind !== 'BOUND_AGGREGATE') return
  const name = String(node.name)
  const known =
    kind === 'BOUND_AGGREGATE' ? engineAggregateNames.has(name) : scalarFunctionNames.has(name) || arithmetic.has(name)
  const system = (node.catalog_name === 'system' && node.schema_name === 'main') || isSpecialised(node, name)
  if (!known || !system) refuse('plan-not-allowed', 'the plan of the query calls a function that nobody judged')
}

/** Binding replaces these by a variant for the argument's type, and the variant says no catalogue. */
function isSpecialised(node: Readonly<Record<string, unknown>>, name: string): boolean {
  const nowhere = (node.catalog_name ?? '') === '' && (node.schema_name ?? '') === ''
  return nowhere && ['sum', 'avg', 'max', 'quantile_cont'].includes(name) && node.expression_class === 'BOUND_AGGREGATE'
}
