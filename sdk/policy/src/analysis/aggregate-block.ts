import type { SelectNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, tagOf } from '../ast/read.ts'
import { Refusal, refuse } from '../reasons.ts'
import { collectAggregates } from './aggregates.ts'
import type { Block, Core } from './block.ts'
import { columnsOf, type Expression, keyOf } from './expression.ts'
import type { FromRead } from './from.ts'
import { type GroupingSets, groupingOf, readSets } from './grouping-sets.ts'
import { joinsFromWhere } from './joins-from-where.ts'
import { isOneRow, positionOfConstant } from './modifiers.ts'
import { holdsWindow } from './node-within.ts'
import { conjunctionOf } from './operators.ts'
import { releasedLayer } from './released-layer.ts'
import { conditionsOf } from './row-set.ts'
import { checkFilter, checkGroup, rulesOf } from './rules.ts'
import { lookup, resolve, type Scope } from './scope.ts'
import { type Environment, type Surroundings, translate } from './translate.ts'

/** The class of the node spares most nodes a second reading. */
export type Group = Core['groups'][number] & { readonly nodeClass: string }

/**
 * A block over rows of datasets. It splits in two: the core groups, aggregates and applies the threshold; the SELECT
 * list, HAVING, ORDER BY and LIMIT become a layer above that sees only what the core released.
 */
export function aggregateBlock(
  select: SelectNode,
  source: FromRead,
  surroundings: Surroundings,
  /** whether the aggregates of several blocks will be added up */
  additive = false,
): Omit<Block, 'name'> {
  const { scope } = source
  const rows = rowEnvironment(scope, surroundings)
  const { from, conditions } = joinsFromWhere(source.from, [...source.where, ...conditionsOf(select.where_clause, rows)])
  const rules = rulesOf(from)
  for (const { value, offset } of conditions) checkFilter(value, rules, offset)
  const where = conditions.length === 0 ? null : conjunctionOf(conditions.map((c) => c.value))

  const { items: grouped, sets } = readGroups(select, rows, scope)
  const groups = grouped.map(({ node, value }, i): Group => {
    // a constant that a subquery named, such as the register that its rows come from
    const label = columnsOf(value).length === 0 && tagOf(node, 'class') === 'COLUMN_REF'
    if (!label) checkGroup(value, rules, offsetWithin(node))
    return { name: `g${i}`, value, nodeClass: tagOf(node, 'class') }
  })
  const aggregates = collectAggregates({
    row: (node) => translate(node, rows),
    rules: () => rules,
    additive,
  })
  const known = (node: unknown) =>
    groupingOf(node, sets, (child) => indexOfGroup(child, groups, rows)) ?? groupOf(node, groups, rows)
  const released: Environment = {
    column: (names, offset) => {
      resolve(scope, names, offset)
      return refuse('not-grouped', 'a column outside an aggregate must stand in GROUP BY', offset)
    },
    aggregate: aggregates.translate,
    known,
    ...surroundings,
  }
  const layer = releasedLayer(select, scope, released, rows)
  const core: Core = { from, where, groups, sets, aggregates: aggregates.list(), units: rules.units }
  if (groups.length === 0 && core.aggregates.length === 0) {
    refuse('raw-rows', 'a query over a dataset needs an aggregate or GROUP BY', offsetWithin(select.select_list))
  }
  return {
    source: { kind: 'core', core },
    ...layer,
    single: groups.length === 0 || isOneRow(layer),
  }
}

/** Names as they mean rows of datasets, before anything is grouped. */
export function rowEnvironment(scope: Scope, surroundings: Surroundings): Environment {
  return {
    column: (names, offset) => resolve(scope, names, offset),
    aggregate: (call) => refuse('aggregate-not-allowed', 'no aggregate may stand here', offsetOf(call)),
    ...surroundings,
  }
}

/** GROUP BY items: columns, positions, aliases or expressions; under GROUP BY ALL, the SELECT items without aggregates. */
export function readGroups(
  select: SelectNode,
  rows: Environment,
  scope: Scope,
): { readonly items: readonly { readonly node: unknown; readonly value: Expression }[]; readonly sets: GroupingSets } {
  const all = select.aggregate_handling === 'FORCE_AGGREGATES'
  if (all && select.group_expressions.length > 0) refuse('construct-not-allowed', 'GROUP BY ALL stands alone')
  const nodes = all
    ? select.select_list.filter((item) => !holdsWindow(item) && isGroupItem(item, rows))
    : select.group_expressions.map((item) => groupItem(item, select, scope))
  const found = nodes.map((node) => ({ node, value: translate(node, rows) }))
  const items = found.filter(({ value }, i) => found.findIndex((other) => keyOf(other.value) === keyOf(value)) === i)
  const places = found.map(({ value }) => items.findIndex((item) => keyOf(item.value) === keyOf(value)))
  return { items, sets: readSets(all ? [] : select.group_sets, places, offsetWithin(select.group_expressions)) }
}

function isGroupItem(node: unknown, rows: Environment): boolean {
  const value = attempt(() => translate(node, { ...rows, aggregate: () => refuse('nested-aggregation', 'an aggregate') }))
  if (value instanceof Refusal) {
    if (value.code === 'nested-aggregation') return false
    throw value
  }
  return columnsOf(value).length > 0
}

function groupItem(node: unknown, select: SelectNode, scope: Scope): unknown {
  const position = positionOfConstant(node)
  if (position !== undefined) {
    const item: unknown = select.select_list[position - 1]
    return item ?? refuse('group-not-allowed', 'there is no such position in the SELECT list', offsetWithin(node))
  }
  if (tagOf(node, 'class') !== 'COLUMN_REF') return node
  // a column comes before an alias of the same name, as in DuckDB
  const names = (node as { column_names: readonly string[] }).column_names
  if (names.length !== 1 || lookup(scope, names, offsetOf(node)) !== undefined) return node
  const wanted = names[0]?.toLowerCase()
  return select.select_list.find((item) => String((item as { alias?: unknown }).alias).toLowerCase() === wanted) ?? node
}

/** The released column of an expression that GROUP BY lists. */
export function groupOf(node: unknown, groups: readonly Group[], rows: Environment): Expression | undefined {
  const group = groups[indexOfGroup(node, groups, rows)]
  return group && { kind: 'column', table: 'c', name: group.name, type: group.value.type, slot: null }
}

/** -1 where GROUP BY does not list the expression */
function indexOfGroup(node: unknown, groups: readonly Group[], rows: Environment): number {
  if (!groups.some((g) => g.nodeClass === tagOf(node, 'class'))) return -1
  const value = attempt(() => translate(node, rows))
  if (value instanceof Refusal || (columnsOf(value).length === 0 && tagOf(node, 'class') !== 'COLUMN_REF')) return -1
  const key = keyOf(value)
  return groups.findIndex((g) => keyOf(g.value) === key)
}

function attempt(translated: () => Expression): Expression | Refusal {
  try {
    return translated()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
