import { cteNode, queryNode, type SelectNode, type SetOperationNode, selectNode, setOperationNode } from '../ast/nodes.ts'
import { offsetWithin, read, sameName, tagOf } from '../ast/read.ts'
import { Refusal, refuse } from '../reasons.ts'
import { aggregateBlock, rowEnvironment } from './aggregate-block.ts'
import { isAggregateName } from './aggregate-names.ts'
import type { Block } from './block.ts'
import { isProtected, relationsOf } from './block.ts'
import { type Choose, everyChoice } from './choices.ts'
import { type FromRead, readFrom, type Source, type Tables } from './from.ts'
import { holdsWindow, nodeWithin } from './node-within.ts'
import { checkName, checkUnique, outputName } from './output-names.ts'
import { overlapBlock } from './overlap-block.ts'
import type { ParameterBinder } from './parameters.ts'
import { perUnit } from './per-unit.ts'
import { releasedBlock } from './released-block.ts'
import { conditionsOf, type RowSet, rowSet } from './row-set.ts'
import { splitWhere, withSemiJoins } from './semi-joins.ts'
import { setBlock } from './set-block.ts'
import type { Slot } from './slots.ts'
import { stackBlock } from './stack-block.ts'
import { isStar, withoutStars } from './stars.ts'
import { subqueriesOnce } from './subqueries.ts'
import { summaryBlock } from './summary-block.ts'
import { type Surroundings, translate } from './translate.ts'

/** A query understood: its blocks in an order in which each reads only earlier ones; the last is the result. */
export interface Analysis {
  readonly blocks: readonly Block[]
}

interface Context {
  readonly slots: readonly Slot[]
  readonly parameters: ParameterBinder
  readonly blocks: Block[]
  /** the member who asks; null: nobody in particular, who owns nothing */
  readonly by: string | null
  /** how many subqueries were put in place of their names */
  inlined: number
}

/** A common table expression: a block that is there once, or rows that are put in place of every use of its name. */
interface Named {
  /** whether its rows are those of a protected dataset */
  readonly isRows: boolean
  readonly source: (inline: boolean, place: Place) => Source
}
type Names = ReadonlyMap<string, Named>

/** What rows that stand in a FROM take from it: names for tables, and the branch of stacked rows that it is read with. */
type Place = Pick<Tables, 'alias' | 'choose'>

/** How a query is used: by itself, or in a FROM that wants the rows of datasets behind it where it can have them. */
interface Use {
  readonly name: string
  readonly columnNames: readonly string[]
  readonly inline: boolean
  /** whether rows of privacy units may stand here: not where they would come out */
  readonly within: boolean
  /** the statement itself, whose rows are the result */
  readonly whole?: boolean
  readonly place: Place
}

const maximumBlocks = 64
const maximumItems = 256
const maximumInlined = 64

/** Walks one statement of the AST; whatever is not understood refuses. */
export function analyse(
  statement: unknown,
  slots: readonly Slot[],
  parameters: ParameterBinder,
  by: string | null = null,
): Analysis {
  const context: Context = { slots, parameters, blocks: [], by, inlined: 0 }
  analyseSelect(read(queryNode, statement).node, context, new Map(), 'result', [], true)
  parameters.finish()
  return { blocks: context.blocks }
}

/** A query whose rows come out, here or in another block: never rows of a protected dataset. */
function analyseSelect(
  node: unknown,
  context: Context,
  outer: Names,
  name: string,
  columnNames: readonly string[],
  whole = false,
): Block {
  const source = analyseSource(node, context, outer, {
    name,
    columnNames,
    inline: false,
    within: false,
    whole,
    place: newPlace(),
  })
  if (source.kind === 'block') return source.block
  const offset = offsetWithin((node as { select_list?: unknown }).select_list)
  return refuse('raw-rows', 'a query over a protected dataset needs an aggregate or GROUP BY', offset)
}

/** The first branch of stacked rows, unless the place is told otherwise. */
function newPlace(): Place {
  let next = 0
  return { alias: () => `t${next++}`, choose: () => 0 }
}

function analyseSource(node: unknown, context: Context, outer: Names, use: Use): Source {
  const { name, columnNames } = use
  if (tagOf(node, 'type') === 'SET_OPERATION_NODE') {
    const branches = use.within ? branchesOf(node) : []
    if (branches.length > 0 && readsRows(node, outer, context)) return analyseStack(node, branches, context, outer, use)
    return { kind: 'block', block: analyseSet(node, context, outer, name, columnNames) }
  }
  const { select, surroundings, sources, aggregated } = readSources(node, context, outer, use)
  const [source] = sources
  if (source === undefined) throw new Error('a FROM is read at least once')
  const relations = sources.flatMap((s) => relationsOf(s.from))
  const readsProtected = relations.some(isProtected)
  const readsReleased = relations.some((r) => r.source.kind === 'block')
  const offset = offsetWithin(select.select_list)
  if (readsProtected && readsReleased) {
    refuse('mixed-relations', 'rows of a protected dataset are not joined with results; aggregate them first', offset)
  }
  const distinct = select.modifiers.some((m) => tagOf(m, 'type') === 'DISTINCT_MODIFIER')
  if (readsProtected && use.within && (aggregated || distinct)) {
    const rows = perUnit(select, source, surroundings, use.place.alias, !aggregated)
    if (rows !== undefined && sources.length > 1) {
      const message = 'rows that UNION ALL stacks are not grouped by a privacy unit: each dataset has units of its own'
      refuse('set-operation-not-allowed', message, offset)
    }
    if (rows !== undefined) return asRows(rows, context, columnNames, offset)
  }
  if (aggregated) {
    const branch = (part: Omit<Block, 'name'>) => finish(part, context, 'branch', [])
    const one = readsReleased ? summaryBlock : readsProtected ? aggregateBlock : publicBlock
    const block = sources.length > 1 ? stackBlock(select, sources, surroundings, branch) : one(select, source, surroundings)
    return { kind: 'block', block: finish(block, context, name, columnNames) }
  }
  const cut =
    select.modifiers.some((m) => tagOf(m, 'type') !== 'ORDER_MODIFIER') || holdsWindow([select.select_list, select.qualify])
  if (readsProtected && use.whole && context.by !== null) {
    const block = overlapBlock(select, source, surroundings, context.by)
    if (block !== undefined) return { kind: 'block', block: finish(block, context, name, columnNames) }
  }
  if (readsProtected && distinct && !use.within && sources.length === 1 && !holdsWindow(select.select_list)) {
    // which values there are: those that enough units have
    const grouped = { ...select, aggregate_handling: 'FORCE_AGGREGATES' } as const
    return { kind: 'block', block: finish(aggregateBlock(grouped, source, surroundings), context, name, columnNames) }
  }
  if (readsProtected || (use.inline && !readsReleased && !cut)) {
    return asRows(rowSet(select, source, rowEnvironment(source.scope, surroundings)), context, columnNames, offset)
  }
  return { kind: 'block', block: finish(releasedBlock(select, source, surroundings), context, name, columnNames) }
}

/**
 * Aggregates of public rows: as of a dataset, or, where those do not do, as of results, for columns that may be
 * shown as they are.
 */
function publicBlock(select: SelectNode, source: FromRead, surroundings: Surroundings): Omit<Block, 'name'> {
  try {
    return aggregateBlock(select, source, surroundings)
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || !['aggregate-not-allowed', 'function-not-allowed'].includes(refusal.code)) throw refusal
    try {
      return summaryBlock(select, source, surroundings)
    } catch (error) {
      throw error instanceof Refusal ? refusal : error
    }
  }
}

/** A SELECT with its FROM: read once per branch of stacked rows where they are aggregated here. */
interface Sources {
  /** its WHERE without what became a join */
  readonly select: SelectNode
  readonly surroundings: Surroundings
  readonly sources: readonly FromRead[]
  readonly aggregated: boolean
}

function readSources(node: unknown, context: Context, outer: Names, use: Use): Sources {
  const whole = readSelect(node)
  const named = readCtes(whole, context, outer)
  const aggregated = isAggregated(whole)
  const inline = use.inline || aggregated || readsRows(whole.from_table, named, context)
  const tables = (place: Place): Tables => ({
    source: (table) => named.get(table.toLowerCase())?.source(inline, place),
    slot: (table) => context.slots.find((s) => sameName(s.id, table)),
    subquery: (query, names) =>
      analyseSource(query, context, named, { name: 'subquery', columnNames: names, inline, within: true, place }),
    ...place,
    parameters: context.parameters,
  })
  const surroundings = {
    parameters: context.parameters,
    subquery: subqueriesOnce((query) => analyseSelect(query, context, named, 'value', [])),
  }
  const { semiJoins, rest } = splitWhere(whole.where_clause, (term) => picksRows(term, named, context))
  const read = (choose: Choose): FromRead => {
    const place = { ...use.place, choose }
    const alone = { ...place, choose: () => refuse('set-operation-not-allowed', 'rows under IN and EXISTS are not stacked') }
    const source = readFrom(whole.from_table, tables(place))
    return withSemiJoins(source, semiJoins, {
      alias: place.alias,
      outer: (key, scope) => translate(key, rowEnvironment(scope, surroundings)),
      rows: (query) => {
        const rows = analyseSource(query, context, named, {
          name: 'rows',
          columnNames: [],
          inline: true,
          within: true,
          place: alone,
        })
        return rows.kind === 'rows' ? rows.rows : refuse('mixed-relations', 'results and rows are not mixed', offsetWithin(query))
      },
      exists: (query) => {
        const select = readSelect(query)
        const from = readFrom(select.from_table, tables(alone))
        const released = relationsOf(from.from).some((r) => r.source.kind === 'block')
        if (released || isAggregated(select) || select.modifiers.length > 0 || select.cte_map.map.length > 0) {
          refuse('subquery-not-allowed', 'EXISTS over protected rows takes FROM and WHERE only', offsetWithin(query))
        }
        return { select, source: from, condition: (term) => conditionsOf(term, rowEnvironment(from.scope, surroundings)) }
      },
    })
  }
  // rows that go on are read as the query around them asks
  const sources = aggregated ? everyChoice(read) : [read(use.place.choose)]
  const select = { ...whole, where_clause: rest }
  const [first] = sources
  return { select: first === undefined ? select : withoutStars(select, first.scope), surroundings, sources, aggregated }
}

/** Whether a subquery in a condition gives rows of a protected dataset, or of its units, and no results. */
function picksRows(term: unknown, named: Names, context: Context): boolean {
  const { node } = read(queryNode, (term as { subquery?: unknown }).subquery)
  if (tagOf(node, 'type') !== 'SELECT_NODE' || !readsRows(node, named, context)) return false
  const select = readSelect(node)
  if (!isAggregated(select)) return true
  const units = context.slots.flatMap((s) => (s.unit === null ? [] : [s.unit]))
  const names = select.group_expressions.map((g) => (g as { column_names?: readonly unknown[] }).column_names?.at(-1))
  return names.some((name) => typeof name === 'string' && units.some((u) => sameName(u, name)))
}

function asRows(rows: RowSet, context: Context, names: readonly string[], offset: number | undefined): Source {
  context.inlined += 1
  if (context.inlined > maximumInlined)
    refuse('too-complex', `a query has at most ${maximumInlined} subqueries over rows`, offset)
  return { kind: 'rows', rows: { ...rows, columns: renamed(rows.columns, names) } }
}

/** The sides of UNION ALL, and of those within it; none where one is a set operation of another kind or aggregates. */
function branchesOf(node: unknown): readonly unknown[] {
  if (tagOf(node, 'type') !== 'SET_OPERATION_NODE') return isAggregated(readSelect(node)) ? [] : [node]
  const set = read(setOperationNode, node, 'set-operation-not-allowed', 'set operations are UNION, INTERSECT and EXCEPT')
  const plain = set.setop_type === 'UNION' && set.setop_all && set.modifiers.length === 0
  const [left, right] = plain ? [branchesOf(set.left), branchesOf(set.right)] : [[], []]
  return left.length > 0 && right.length > 0 ? [...left, ...right] : []
}

/** The branch of stacked rows that the query around them is read with, its columns named as the first branch's. */
function analyseStack(node: unknown, branches: readonly unknown[], context: Context, outer: Names, use: Use): Source {
  const set = read(setOperationNode, node)
  const named = readCtes(set, context, outer)
  const lists = branches.map((branch) => readSelect(branch).select_list)
  const star = lists.flat().find(isStar)
  if (star !== undefined) refuse('star-not-allowed', 'name the columns of rows that UNION ALL stacks', offsetWithin(star))
  const names = (lists[0] ?? []).map((item, i) => use.columnNames[i] ?? outputName(item, i))
  if (lists.some((list) => list.length !== names.length)) {
    refuse('type-mismatch', 'the sides of a set operation have a different number of columns', offsetWithin(node))
  }
  const branch = branches[use.place.choose(branches.length)]
  const source = analyseSource(branch, context, named, { ...use, inline: true, columnNames: names })
  if (source.kind === 'block') {
    refuse(
      'mixed-relations',
      'rows of a protected dataset are not stacked with results; aggregate them first',
      offsetWithin(branch),
    )
  }
  return source
}

function analyseSet(node: unknown, context: Context, outer: Names, name: string, columnNames: readonly string[]): Block {
  const set = read(setOperationNode, node, 'set-operation-not-allowed', 'set operations are UNION, INTERSECT and EXCEPT')
  const named = readCtes(set, context, outer)
  const left = analyseSelect(set.left, context, named, 'side', [])
  const right = analyseSelect(set.right, context, named, 'side', [])
  return finish(setBlock(set, left, right, context.parameters), context, name, columnNames)
}

/** Names the columns and the block; the name is unique and never that of a dataset. */
function finish(block: Omit<Block, 'name'>, context: Context, wanted: string, columnNames: readonly string[]): Block {
  const select = renamed(block.select, columnNames)
  const taken = [...context.blocks.map((b) => b.name), ...context.slots.map((s) => s.id)]
  const free = (name: string) => !taken.some((t) => sameName(t, name))
  const base = /^[a-z_][a-z0-9_]{0,50}$/i.test(wanted) ? wanted : 'block'
  let name = base
  for (let i = 2; !free(name); i++) name = `${base}_${i}`
  const finished: Block = { ...block, select, name }
  if (context.blocks.push(finished) > maximumBlocks) refuse('too-complex', `a query has at most ${maximumBlocks} blocks`)
  return finished
}

function renamed<C extends { readonly name: string }>(columns: readonly C[], names: readonly string[]): readonly C[] {
  if (names.length > columns.length) refuse('column-unknown', 'there are more column names than columns')
  const result = columns.map((c, i) => ({ ...c, name: names[i] ?? c.name }))
  for (const { name } of result) checkName(name)
  checkUnique(result.map((c) => c.name))
  return result
}

function readSelect(node: unknown): SelectNode {
  const type = tagOf(node, 'type')
  const offset = offsetWithin(node)
  if (type === 'RECURSIVE_CTE_NODE') refuse('construct-not-allowed', 'recursive queries are not allowed', offset)
  const select = read(selectNode, node, 'construct-not-allowed', 'SAMPLE and unknown clauses are not allowed')
  if (select.select_list.length > maximumItems || select.group_expressions.length > maximumItems) {
    refuse('too-complex', `SELECT and GROUP BY list at most ${maximumItems} items`, offset)
  }
  return select
}

function readCtes({ cte_map }: Pick<SelectNode | SetOperationNode, 'cte_map'>, context: Context, outer: Names): Names {
  const named = new Map(outer)
  for (const entry of cte_map.map) {
    const { key, value } = read(cteNode, entry)
    const offset = offsetWithin(value.query.node)
    if (context.slots.some((s) => sameName(s.id, key))) {
      refuse('table-not-allowed', 'a common table expression has the name of a dataset', offset)
    }
    const before: Names = new Map(named)
    const analysed = (inline: boolean, place: Place) =>
      analyseSource(value.query.node, context, before, { name: key, columnNames: value.aliases, inline, within: true, place })
    named.set(key.toLowerCase(), namedSource(analysed))
  }
  return named
}

/** Everything is read once where it is defined, also what the query never uses. */
function namedSource(analysed: Named['source']): Named {
  const first = analysed(true, newPlace())
  if (first.kind === 'block') return { isRows: false, source: () => first }
  if (relationsOf(first.rows.from).some(isProtected)) return { isRows: true, source: (_inline, place) => analysed(true, place) }
  let block: Source | undefined
  const asBlock = () => {
    block ??= analysed(false, newPlace())
    return block
  }
  return { isRows: false, source: (inline, place) => (inline ? analysed(true, place) : asBlock()) }
}

/** Whether rows of a protected dataset can stand in this FROM; a subquery that aggregates them may be one of rows too. */
function readsRows(node: unknown, named: Names, { slots }: Context): boolean {
  const visit = (value: unknown): boolean => {
    if (value === null || typeof value !== 'object') return false
    const { table_name: name } = value as { table_name?: unknown }
    if (tagOf(value, 'type') !== 'BASE_TABLE' || typeof name !== 'string') return Object.values(value).some(visit)
    const known = named.get(name.toLowerCase())
    return known === undefined ? slots.some((s) => sameName(s.id, name) && s.unit !== null) : known.isRows
  }
  return visit(node)
}

function isAggregated(select: SelectNode): boolean {
  const grouped = select.group_expressions.length > 0 || select.aggregate_handling === 'FORCE_AGGREGATES'
  return grouped || select.having !== null || holdsAggregate([select.select_list, select.modifiers, select.qualify])
}

function holdsAggregate(node: unknown): boolean {
  return nodeWithin(node, (n) => {
    const { function_name: name } = n as { function_name?: unknown }
    return tagOf(n, 'class') === 'FUNCTION' && typeof name === 'string' && isAggregateName(name)
  })
}
