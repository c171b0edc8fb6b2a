import { cteNode, queryNode, type SelectNode, type SetOperationNode, selectNode, setOperationNode } from '../ast/nodes.ts'
import { offsetWithin, read, sameName, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { aggregateBlock, rowEnvironment } from './aggregate-block.ts'
import { isAggregateName } from './aggregate-names.ts'
import type { Block } from './block.ts'
import { relationsOf } from './block.ts'
import { readFrom, type Tables } from './from.ts'
import { checkName, checkUnique } from './output-names.ts'
import type { ParameterBinder } from './parameters.ts'
import { releasedBlock } from './released-block.ts'
import { setBlock } from './set-block.ts'
import type { Slot } from './slots.ts'
import { outsideSubquery, subqueriesOnce } from './subqueries.ts'
import { translate } from './translate.ts'

/** A query understood: its blocks in an order in which each reads only earlier ones; the last is the result. */
export interface Analysis {
  readonly blocks: readonly Block[]
}

interface Context {
  readonly slots: readonly Slot[]
  readonly parameters: ParameterBinder
  readonly blocks: Block[]
}

type Named = ReadonlyMap<string, Block>

const maximumBlocks = 64
const maximumItems = 256

/** Walks one statement of the AST; whatever is not understood refuses. */
export function analyse(statement: unknown, slots: readonly Slot[], parameters: ParameterBinder): Analysis {
  const context: Context = { slots, parameters, blocks: [] }
  analyseSelect(read(queryNode, statement).node, context, new Map(), 'result', [])
  parameters.finish()
  return { blocks: context.blocks }
}

function analyseSelect(node: unknown, context: Context, outer: Named, name: string, columnNames: readonly string[]): Block {
  if (tagOf(node, 'type') === 'SET_OPERATION_NODE') return analyseSet(node, context, outer, name, columnNames)
  const select = readSelect(node)
  const named = readCtes(select, context, outer)
  const tables: Tables = {
    block: (table) => named.get(table.toLowerCase()),
    slot: (table) => context.slots.find((s) => sameName(s.id, table)),
    subquery: (query, names) => analyseSelect(query, context, named, 'subquery', names),
    parameters: context.parameters,
  }
  const surroundings = {
    parameters: context.parameters,
    subquery: subqueriesOnce((query) => analyseSelect(query, context, named, 'value', [])),
  }
  const { from, scope } = readFrom(select.from_table, tables)
  const sources = relationsOf(from).map((r) => r.source)
  const readsProtected = sources.some((s) => s.kind === 'slot' && s.slot.unit !== null)
  const readsReleased = sources.some((s) => s.kind === 'block')
  const offset = offsetWithin(select.select_list)
  if (readsProtected && readsReleased) {
    refuse('mixed-relations', 'rows of a protected dataset are not joined with results; aggregate them first', offset)
  }
  if (isAggregated(select)) {
    if (readsReleased) refuse('nested-aggregation', 'results are not aggregated again', offset)
    return finish(aggregateBlock(select, from, scope, surroundings), context, name, columnNames)
  }
  if (readsProtected) {
    // a function or a window that is not allowed is the better answer to give
    const rows = rowEnvironment(scope, surroundings)
    for (const item of select.select_list) if (tagOf(item, 'class') !== 'STAR') translate(item, rows)
    refuse('raw-rows', 'a query over a protected dataset needs an aggregate or GROUP BY', offset)
  }
  return finish(releasedBlock(select, from, scope, surroundings), context, name, columnNames)
}

function analyseSet(node: unknown, context: Context, outer: Named, name: string, columnNames: readonly string[]): Block {
  const set = read(setOperationNode, node, 'set-operation-not-allowed', 'set operations are UNION, INTERSECT and EXCEPT')
  const named = readCtes(set, context, outer)
  const left = analyseSelect(set.left, context, named, 'side', [])
  const right = analyseSelect(set.right, context, named, 'side', [])
  return finish(setBlock(set, left, right, context.parameters), context, name, columnNames)
}

/** Names the columns and the block; the name is unique and never that of a dataset. */
function finish(block: Omit<Block, 'name'>, context: Context, wanted: string, columnNames: readonly string[]): Block {
  if (columnNames.length > block.select.length) refuse('column-unknown', 'there are more column names than columns')
  const select = block.select.map((s, i) => ({ ...s, name: columnNames[i] ?? s.name }))
  for (const { name } of select) checkName(name)
  checkUnique(select.map((s) => s.name))
  const taken = [...context.blocks.map((b) => b.name), ...context.slots.map((s) => s.id)]
  const free = (name: string) => !taken.some((t) => sameName(t, name))
  const base = /^[a-z_][a-z0-9_]{0,50}$/i.test(wanted) ? wanted : 'block'
  let name = base
  for (let i = 2; !free(name); i++) name = `${base}_${i}`
  const finished: Block = { ...block, select, name }
  if (context.blocks.push(finished) > maximumBlocks) refuse('too-complex', `a query has at most ${maximumBlocks} blocks`)
  return finished
}

function readSelect(node: unknown): SelectNode {
  const type = tagOf(node, 'type')
  const offset = offsetWithin(node)
  if (type === 'RECURSIVE_CTE_NODE') refuse('construct-not-allowed', 'recursive queries are not allowed', offset)
  const select = read(selectNode, node, 'construct-not-allowed', 'SAMPLE, QUALIFY and unknown clauses are not allowed')
  if (select.select_list.length > maximumItems || select.group_expressions.length > maximumItems) {
    refuse('too-complex', `SELECT and GROUP BY list at most ${maximumItems} items`, offset)
  }
  return select
}

function readCtes({ cte_map }: Pick<SelectNode | SetOperationNode, 'cte_map'>, context: Context, outer: Named): Named {
  const named = new Map(outer)
  for (const entry of cte_map.map) {
    const { key, value } = read(cteNode, entry)
    const offset = offsetWithin(value.query.node)
    if (context.slots.some((s) => sameName(s.id, key))) {
      refuse('table-not-allowed', 'a common table expression has the name of a dataset', offset)
    }
    named.set(key.toLowerCase(), analyseSelect(value.query.node, context, named, key, value.aliases))
  }
  return named
}

function isAggregated(select: SelectNode): boolean {
  const grouped = select.group_expressions.length > 0 || select.aggregate_handling === 'FORCE_AGGREGATES'
  return grouped || select.having !== null || holdsAggregate([select.select_list, select.modifiers])
}

function holdsAggregate(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return false
  const { function_name } = node as { function_name?: unknown }
  const aggregate = tagOf(node, 'class') === 'FUNCTION' && typeof function_name === 'string' && isAggregateName(function_name)
  const outside = outsideSubquery(node)
  return aggregate || (outside === node ? Object.values(node).some(holdsAggregate) : holdsAggregate(outside))
}
