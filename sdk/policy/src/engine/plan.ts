import {
  engineAggregateNames,
  engineWindowTypes,
  releasedAggregateNames,
  unitAggregateNames,
} from '../analysis/aggregate-names.ts'
import { scalarFunctionNames } from '../analysis/functions.ts'
import type { Slot } from '../analysis/slots.ts'
import { refuse } from '../reasons.ts'
import { definitionOf } from './plan-columns.ts'
import { readByAggregates } from './plan-readers.ts'

// What the bound, unoptimised plan of a rewritten query may hold (DuckDB 1.5). A plan with anything else refuses.

export const planOperators: ReadonlySet<string> = new Set([
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
  // over cells and results only: see checkComparesRows
  'LOGICAL_WINDOW',
])

export const planExpressions: ReadonlySet<string> = new Set([
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

/** Over cells and results; a window function is the same as an aggregate in that only some are safe. */
const windows: ReadonlySet<string> = new Set([...engineAggregateNames, ...releasedAggregateNames, 'bit_or'])

/** Operators that compare rows with each other. */
const comparing: ReadonlySet<unknown> = new Set(['LOGICAL_EXCEPT', 'LOGICAL_INTERSECT', 'LOGICAL_WINDOW'])

/** What a sketch of units is made of, which no query can name: allowed inside bit_or, and over its result. */
export const sketching: ReadonlySet<string> = new Set(['hash', '<<', '&'])

type PlanNode = Readonly<Record<string, unknown>>

/** What a plan may read, and what it is of. */
export interface PlanScope {
  readonly slots: readonly Slot[]
  /** tables of cells that statements before made */
  readonly cells: readonly string[]
  /** tables of cells that have noise: what is read from them is released */
  readonly noisy: readonly string[]
  /** whether it makes one, with what cells are compared by */
  readonly sketches: boolean
}

interface Plan extends PlanScope {
  /** the definition of every table expression that the walk met, by the number that references have */
  readonly tables: Map<unknown, unknown>
  /** table expressions that only aggregates read */
  readonly forAggregates: ReadonlySet<unknown>
  /** what was found out of parts of the plan, which several operators ask */
  readonly known: Readonly<Record<'readsRows' | 'readsDataset', Map<object, boolean>>>
}

/**
 * The plan as json_serialize_plan gives it, without what is empty or a default: an error, an unknown operator or an unknown
 * function refuses.
 */
export function checkPlan(plan: unknown, scope: PlanScope): void {
  const { error, plans } = plan as { error?: unknown; plans?: unknown }
  if (error !== false || !Array.isArray(plans) || plans.length !== 1) {
    refuse('binding-failed', 'the types or names of the query do not fit the declared columns')
  }
  const known = { readsRows: new Map(), readsDataset: new Map() }
  const checked: Plan = { ...scope, tables: new Map(), forAggregates: readByAggregates(plans), known }
  visit(plans, checked)
  if (readsRows(plans, checked)) refuse('plan-not-allowed', 'the plan of the query gives rows of a protected dataset')
}

/** What stands around an expression: its operator, a sketch of units, and an aggregate of what is computed here. */
interface Around {
  readonly operator: PlanNode
  readonly sketch: boolean
  readonly aggregated: boolean
}

function visit(value: unknown, plan: Plan, around: Around = { operator: {}, sketch: false, aggregated: false }): void {
  if (value === null || typeof value !== 'object') return
  const node = value as PlanNode
  // references stand below: one that does not is taken for rows
  if (node.type === 'LOGICAL_MATERIALIZED_CTE') plan.tables.set(node.table_index, (node.children as readonly unknown[])[0])
  const isOperator = typeof node.type === 'string' && node.type.startsWith('LOGICAL_')
  if (isOperator) checkOperator(node, plan, around)
  if (node.expression_class !== undefined) checkExpression(node, plan, around)
  const sketch = around.sketch || isSketch(node, plan, around) || (around.aggregated && isNumbering(node))
  const aggregates = node.type === 'LOGICAL_AGGREGATE_AND_GROUP_BY'
  const within = isOperator ? { ...around, operator: node } : around
  const inside = sketch === within.sketch ? within : { ...within, sketch }
  for (const key of Object.keys(node)) {
    const part = node[key]
    if (part === null || typeof part !== 'object' || ofTypes.has(key)) continue
    if (plan.sketches && aggregates && key === 'groups') visitGroups(part, plan, inside)
    else if (node.type === 'LOGICAL_MATERIALIZED_CTE' && key === 'children') visitTable(node, plan, inside)
    else visit(part, plan, aggregates && key === 'children' ? { ...inside, aggregated: true } : inside)
  }
}

/** Where a plan has types or names only: no operator and no expression stands there. */
const ofTypes: ReadonlySet<string> = new Set([
  ...['return_type', 'returned_types', 'chunk_types', 'types', 'arguments', 'original_arguments'],
  ...['names', 'bound_columns', 'alias'],
])

/** What a table expression holds is aggregated where all that read it do. */
function visitTable({ table_index, children }: PlanNode, plan: Plan, around: Around): void {
  const [definition, ...reading] = children as readonly unknown[]
  visit(definition, plan, { ...around, aggregated: plan.forAggregates.has(table_index) })
  visit(reading, plan, around)
}

/** In a table of cells, rows may be parted into lanes by a hash. */
function visitGroups(groups: unknown, plan: Plan, around: Around): void {
  for (const group of Array.isArray(groups) ? (groups as readonly PlanNode[]) : [groups]) {
    const [hash, mask] = ((group as PlanNode).children ?? []) as readonly PlanNode[]
    const isLane = (group as PlanNode).name === '&' && hash?.name === 'hash' && JSON.stringify(mask).includes('"VALUE_CONSTANT"')
    visit(group, plan, { ...around, sketch: around.sketch || isLane })
  }
}

/** Asked once of every part, so that the walk stays as long as the plan. */
function once(kind: keyof Plan['known'], value: unknown, plan: Plan, find: (node: PlanNode) => boolean): boolean {
  if (value === null || typeof value !== 'object') return false
  const found = plan.known[kind].get(value) ?? find(value as PlanNode)
  plan.known[kind].set(value, found)
  return found
}

/** The number of a row or a group within a part of them, by which contributions of a unit are bounded. */
function isNumbering(node: PlanNode): boolean {
  const numbers = node.type === 'WINDOW_ROW_NUMBER' || node.type === 'WINDOW_RANK_DENSE'
  return numbers && Array.isArray(node.partitions) && node.partitions.length > 0
}

/**
 * bit_or over rows of a value that is not a column's own, and the bits themselves where a projection computes them; what
 * cells are compared by, in a table of them.
 */
function isSketch(node: PlanNode, plan: Plan, { operator }: Around): boolean {
  const { sketches } = plan
  if (isProjected(node, operator) && isOneBit(node, operator, 'hash', plan)) return true
  if (node.expression_class !== 'BOUND_AGGREGATE') return false
  return node.name === 'bit_or' || (sketches && (node.name === 'bit_xor' || isSumOfHashes(node)))
}

/** The sum of a hash, or of nothing, per row. */
function isSumOfHashes(node: PlanNode): boolean {
  const [widened] = (node.children ?? []) as readonly PlanNode[]
  const only = widened?.expression_class === 'BOUND_CAST' ? (widened.child as PlanNode) : widened
  const checks = only?.case_checks as readonly { readonly then_expr: PlanNode }[] | undefined
  const alone = checks?.length === 1 && JSON.stringify(only?.else_expr ?? null).includes('"is_null":true')
  return node.name === 'sum' && alone && checks[0]?.then_expr.name === 'hash'
}

/** A whole column of a projection: nothing else is computed with it there. */
function isProjected(node: PlanNode, operator: PlanNode): boolean {
  return operator.type === 'LOGICAL_PROJECTION' && (operator.expressions as readonly unknown[]).includes(node)
}

/**
 * One bit, chosen by a hash, or NULL: nothing else may be or-ed over rows. Over lanes it is the lane's. It may be a column
 * that was computed below.
 */
function isOneBit(node: PlanNode | undefined, operator: PlanNode, chosenBy: 'hash' | 'lane', plan: Plan): boolean {
  if (node?.expression_class === 'BOUND_REF') {
    if (!holdsBits(node)) return false
    const defined = definitionOf(node, operator, plan.tables)
    return defined !== undefined && isOneBit(defined.expression, defined.of, chosenBy, plan)
  }
  if (node?.expression_class === 'BOUND_CASE') {
    const checks = node.case_checks as readonly { readonly when_expr: PlanNode; readonly then_expr: PlanNode }[]
    const [then, otherwise] = [checks[0]?.then_expr, node.else_expr as PlanNode | undefined]
    const only = isNothing(otherwise) ? then : isNothing(then) ? otherwise : undefined
    return checks.length === 1 && isOneBit(only, operator, chosenBy, plan)
  }
  const [one, by] = (node?.children ?? []) as readonly PlanNode[]
  const [hash] = (by?.children ?? []) as readonly PlanNode[]
  const isShift = node?.name === '<<' && JSON.stringify(one ?? null).includes('"value":1}') && by?.name === '&'
  return isShift && (chosenBy === 'lane' || hash?.name === 'hash')
}

/** A word of the sketch of a finer cell, which was judged there: taken together they are that of a coarser one. */
function isWord(node: PlanNode | undefined, operator: PlanNode, plan: Plan): boolean {
  if (node?.expression_class !== 'BOUND_REF') return false
  const defined = definitionOf(node, operator, plan.tables)
  const { expression_class, name } = defined?.expression ?? {}
  return expression_class === 'BOUND_AGGREGATE' && name === 'bit_or'
}

function isNothing(node: PlanNode | undefined): boolean {
  const inner = node?.expression_class === 'BOUND_CAST' ? (node.child as PlanNode) : node
  return inner?.expression_class === 'BOUND_CONSTANT' && (inner.value as { is_null?: unknown }).is_null === true
}

/** What bits are kept in. */
function holdsBits({ return_type }: PlanNode): boolean {
  return (return_type as { id?: unknown } | undefined)?.id === 'UBIGINT'
}

/** Whether rows of a protected dataset come up to here before they became cells. */
function readsRows(value: unknown, plan: Plan): boolean {
  return once('readsRows', value, plan, (inner) => givesRows(inner, plan))
}

function givesRows(inner: PlanNode, plan: Plan): boolean {
  switch (inner.type) {
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
      return false
    case 'LOGICAL_CTE_REF':
      return !plan.tables.has(inner.cte_index) || readsRows(plan.tables.get(inner.cte_index), plan)
    case 'LOGICAL_MATERIALIZED_CTE':
      return readsRows((inner.children as readonly unknown[])[1], plan)
    case 'LOGICAL_GET': {
      return !isCells(inner, plan) && !isNoisy(inner, plan) && plan.slots.find((s) => s.id === tableOf(inner))?.unit !== null
    }
    default:
      return below(inner).some((child) => readsRows(child, plan))
  }
}

/** What an operator reads, or the operators of a list. */
function below(inner: PlanNode): readonly unknown[] {
  return Array.isArray(inner) ? inner : ((inner.children ?? []) as readonly unknown[])
}

function tableOf(get: PlanNode): unknown {
  return (get.function_data as { table?: unknown } | undefined)?.table
}

function isCells(get: PlanNode, { cells }: Plan): boolean {
  return cells.some((name) => name === tableOf(get))
}

function isNoisy(get: PlanNode, { noisy }: Plan): boolean {
  return noisy.some((name) => name === tableOf(get))
}

/** Windows over cells that a rewrite needs to cut cells by; all others stand over results. */
const overCells: ReadonlySet<unknown> = new Set(['max', 'bit_or', 'sum', 'count', 'count_star'])

/**
 * Windows and the like show rows to each other, and some aggregates give single values back: below them are cells. What
 * only results are given to reads them from a table expression, so no dataset stands below it at all.
 */
function checkComparesRows(node: PlanNode, plan: Plan, around: Around): void {
  const calls = Array.isArray(node.expressions) ? (node.expressions as readonly PlanNode[]) : []
  const cut = (call: PlanNode) => call.type === 'WINDOW_ROW_NUMBER' || overCells.has(call.name)
  const inUnit = (call: PlanNode) => around.aggregated && unitAggregateNames.has(String(call.name))
  if (node.type === 'LOGICAL_WINDOW' && around.aggregated && calls.every(isNumbering)) return
  const aggregated = node.type === 'LOGICAL_AGGREGATE_AND_GROUP_BY'
  const reveals = aggregated && calls.some((call) => releasedAggregateNames.has(String(call.name)) && !inUnit(call))
  const mixes = aggregated && calls.some((call) => call.name === 'bit_xor')
  const forResults = reveals || (comparing.has(node.type) && !(node.type === 'LOGICAL_WINDOW' && calls.every(cut)))
  const rows = (comparing.has(node.type) || reveals || mixes) && readsRows(node.children, plan)
  if (rows || (forResults && readsDataset(node.children, plan))) {
    refuse('plan-not-allowed', 'the plan of the query compares rows of a dataset, or gives back their values')
  }
}

function readsDataset(value: unknown, plan: Plan): boolean {
  return once('readsDataset', value, plan, (inner) =>
    inner.type === 'LOGICAL_GET'
      ? isCells(inner, plan) || readsRows(inner, plan)
      : below(inner).some((child) => readsDataset(child, plan)),
  )
}

function checkOperator(node: PlanNode, plan: Plan, around: Around): void {
  if (!planOperators.has(String(node.type)))
    refuse('plan-not-allowed', 'the plan of the query has an operator that nobody judged')
  checkComparesRows(node, plan, around)
  if (node.type !== 'LOGICAL_GET') return
  const source = node.function_data as { catalog?: unknown; schema?: unknown; table?: unknown } | undefined
  const known = plan.slots.some((s) => s.id === source?.table) || isCells(node, plan) || isNoisy(node, plan)
  const table = known && source?.catalog === 'temp' && source.schema === 'main'
  if (node.name !== 'seq_scan' || !table) refuse('plan-not-allowed', 'the plan of the query reads something other than a dataset')
}

function checkExpression(node: PlanNode, plan: Plan, around: Around): void {
  const kind = String(node.expression_class)
  if (!planExpressions.has(kind)) refuse('plan-not-allowed', 'the plan of the query has an expression that nobody judged')
  // a row's bit is for sketches only
  const { operator, sketch } = around
  if (kind === 'BOUND_REF' && !sketch && !isProjected(node, operator) && isOneBit(node, operator, 'hash', plan)) {
    refuse('plan-not-allowed', 'the plan of the query computes with the bit of a unit')
  }
  if (kind !== 'BOUND_FUNCTION' && kind !== 'BOUND_AGGREGATE' && kind !== 'BOUND_WINDOW') return
  const name = String(node.name)
  const system = (node.catalog_name === 'system' && node.schema_name === 'main') || isSpecialised(node, name)
  const ranking = kind === 'BOUND_WINDOW' && engineWindowTypes.has(String(node.type))
  if (!ranking && !(isKnown(node, name, plan, around) && system)) {
    refuse('plan-not-allowed', 'the plan of the query calls a function that nobody judged')
  }
}

function isKnown(node: PlanNode, name: string, plan: Plan, { sketch, operator }: Around): boolean {
  switch (node.expression_class) {
    case 'BOUND_WINDOW':
      return node.type === 'WINDOW_AGGREGATE' && windows.has(name)
    case 'BOUND_AGGREGATE':
      if (name === 'bit_or') return isOneBit(argumentOf(node), operator, 'hash', plan) || isWord(argumentOf(node), operator, plan)
      return (plan.sketches && name === 'bit_xor' && isOneBit(argumentOf(node), operator, 'lane', plan)) || isAggregate(name)
    default:
      return scalarFunctionNames.has(name) || arithmetic.has(name) || name === 'bit_count' || (sketch && sketching.has(name))
  }
}

function argumentOf({ children }: PlanNode): PlanNode | undefined {
  return (children as readonly PlanNode[] | undefined)?.[0]
}

/** Binding replaces these by a variant for the argument's type, and the variant says no catalogue. */
function isSpecialised(node: PlanNode, name: string): boolean {
  const nowhere = (node.catalog_name ?? '') === '' && (node.schema_name ?? '') === ''
  const window = node.expression_class === 'BOUND_WINDOW' && windows.has(name)
  return nowhere && (window || (isAggregate(name) && node.expression_class === 'BOUND_AGGREGATE'))
}

function isAggregate(name: string): boolean {
  return engineAggregateNames.has(name) || releasedAggregateNames.has(name)
}
