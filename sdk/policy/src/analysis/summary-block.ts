import type { FunctionNode, SelectNode } from '../ast/nodes.ts'
import { offsetOf, offsetWithin, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { type Group, groupOf, readGroups } from './aggregate-block.ts'
import type { Block } from './block.ts'
import type { Column, Expression, ReleasedAggregate } from './expression.ts'
import type { FromRead } from './from.ts'
import { isOneRow } from './modifiers.ts'
import { translateReleasedAggregate } from './released-aggregates.ts'
import { releasedRows } from './released-block.ts'
import { releasedLayer } from './released-layer.ts'
import { resolve } from './scope.ts'
import { type Environment, type Surroundings, translate } from './translate.ts'
import { withinGroup } from './within-group.ts'

/** A block that groups and aggregates results: released values are free, so this is SQL as everywhere. */
export function summaryBlock(select: SelectNode, source: FromRead, surroundings: Surroundings): Omit<Block, 'name'> {
  const { scope } = source
  const { from, rows, where } = releasedRows(select, source, surroundings)
  const { items, sets } = readGroups(select, rows, scope)
  if (sets.length > 1)
    refuse('grouping-sets-not-allowed', 'results are grouped by one set', offsetWithin(select.group_expressions))
  const groups = items.map(({ node, value }, i): Group => {
    return { name: `g${i}`, value, nodeClass: tagOf(node, 'class') }
  })
  const aggregates = collect(rows)
  const released: Environment = {
    column: (names, offset) => {
      resolve(scope, names, offset)
      return refuse('not-grouped', 'a column outside an aggregate must stand in GROUP BY', offset)
    },
    aggregate: aggregates.translate,
    known: (node) => groupOf(node, groups, rows),
    ...surroundings,
  }
  const layer = releasedLayer(select, scope, released, rows)
  const summary = { from, where, groups, aggregates: aggregates.list() }
  if (groups.length === 0 && summary.aggregates.length === 0) {
    refuse('not-grouped', 'HAVING needs an aggregate or GROUP BY', offsetWithin(select.select_list))
  }
  return { source: { kind: 'summary', summary }, ...layer, single: groups.length === 0 || isOneRow(layer) }
}

/** Each aggregate once, however often the query names it. */
function collect(rows: Environment) {
  const found = new Map<string, { readonly name: string; readonly value: ReleasedAggregate }>()
  const inner = (node: unknown): Expression => translate(node, rows)
  return {
    translate: (given: FunctionNode): Column => {
      const call = withinGroup(given)
      if (call.order_bys.orders.length > 0 && call.distinct) {
        refuse('aggregate-not-allowed', 'DISTINCT and ORDER BY do not go together', offsetOf(call))
      }
      const value = translateReleasedAggregate({ ...call, orders: call.order_bys.orders }, inner)
      const key = JSON.stringify(value)
      const entry = found.get(key) ?? { name: `a${found.size}`, value }
      found.set(key, entry)
      return { kind: 'column', table: 'c', name: entry.name, type: value.type, slot: null }
    },
    list: () => [...found.values()],
  }
}
