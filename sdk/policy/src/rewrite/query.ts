import { type Block, type Core, type From, relationsOf, type SetOperation, type Summary, setColumn } from '../analysis/block.ts'
import { aggregated, type Expression, holds, keyOf } from '../analysis/expression.ts'
import type { Type } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { fromVisible, writePublic } from './core.ts'
import { write } from './expressions.ts'
import { type Family, familiesOf, type Member } from './family.ts'
import { writeFrom } from './from.ts'
import type { CellTable, Compared } from './history.ts'
import { layersFor } from './layers.ts'
import { column, type Piece } from './pieces.ts'
import { oneZero, plain, writeSummaryAggregate } from './released-aggregates.ts'
import { roundSpreads } from './rounding.ts'
import { writeStack } from './stack.ts'
import { unionAll } from './union-all.ts'
import { withValues } from './values.ts'
import { visibleName, writeFamily } from './visible.ts'
import { rowsOf } from './windows.ts'

export interface Limits {
  /** distinct units per row, over every protected dataset */
  readonly minimumGroupSize: number
  readonly maxRows: number
  /** whether cells are suppressed that totals and visible cells would give away */
  readonly complementaryCells: boolean
  /** whether aggregates are suppressed that speak of few units without a value */
  readonly complementarySuppression: boolean
  /** numbers that come out are multiples of this decimal */
  readonly rounding: string | null
  /** slots whose cells are compared with earlier ones, with their own minimum */
  readonly compared: Compared
}

/** What the enclave executes, one after the other, built from what the guard understood and from nothing else. */
export interface Rewritten {
  /** each makes a table that all that follow may read; none where nothing is compared with earlier results */
  readonly cells: readonly (CellTable & { readonly select: Node })[]
  readonly result: Node
}

export function rewrite(submitted: readonly Block[], limits: Limits): Rewritten {
  const { rounding } = limits
  const blocks = rounding === null ? submitted : submitted.map((block) => roundSpreads(block, rounding))
  const result = blocks.at(-1)
  if (result === undefined) throw new Error('a query has at least one block')
  const members = familiesOf(blocks, freeNames(blocks), limits.complementaryCells)
  const written = new Set<Family>()
  const cells: (CellTable & { readonly select: Node })[] = []
  const ctes: CommonTable[] = []
  for (const block of blocks) {
    const family = block.source.kind === 'core' ? members.get(block.source.core)?.family : undefined
    if (family !== undefined && !written.has(family)) {
      written.add(family)
      const { compared, pieces } = writeFamily(family, limits)
      if (compared !== null) cells.push({ ...compared.table, select: allOf(compared.pieces, ctes) })
      ctes.push(...pieces)
    }
    if (block !== result) ctes.push({ name: block.name, select: writeBlock(block, fromCells(members)) })
  }
  return { cells, result: writeBlock(cut(result, limits), fromCells(members), ctes) }
}

/** A grouping of a core over rows: how its exact cells are measured, and the table that holds what becomes of them. */
export interface NoisyGrouping {
  readonly whole: Core
  /** the groups that it has of the whole */
  readonly groups: readonly string[]
  /** statements, each by its steps */
  readonly exact: readonly (readonly Piece[])[]
  readonly table: string
  readonly columns: readonly string[]
}

/**
 * Where noise stands between cells and results: the exact cells, per grouping, which no later statement reads, and a result
 * over the tables of noisy ones, which are all that the blocks know of them.
 */
export interface NoisyRewritten {
  readonly exact: readonly (readonly Node[])[]
  readonly result: Node
}

export function rewriteNoisy(
  blocks: readonly Block[],
  limits: Pick<Limits, 'maxRows'>,
  noisy: readonly NoisyGrouping[],
): NoisyRewritten {
  const result = blocks.at(-1)
  if (result === undefined) throw new Error('a query has at least one block')
  const fromTables: FromCore = (core, alias) => {
    const own = noisy.filter(({ whole }) => whole === core)
    const [only, ...more] = own
    if (only === undefined) return ast.subquery(writePublic(core), alias)
    return more.length === 0 ? ast.table(only.table, alias) : ast.subquery(together(core, own), alias)
  }
  const ctes: CommonTable[] = []
  const exact: (readonly Node[])[] = []
  for (const block of blocks) {
    const { source } = block
    // what stands before a core may stand in its conditions
    const own = source.kind === 'core' ? noisy.filter(({ whole }) => whole === source.core) : []
    for (const grouping of own) exact.push(grouping.exact.map((pieces) => allOf(pieces, ctes)))
    if (block !== result) ctes.push({ name: block.name, select: writeBlock(block, fromTables) })
  }
  return { exact, result: writeBlock(cut(result, limits), fromTables, ctes) }
}

/** The noisy cells of all grouping sets of a core, NULL for a column that a set does not group by. */
function together({ groups }: Core, groupings: readonly NoisyGrouping[]): Node {
  const [first] = groupings
  const numbers = (first?.columns ?? []).filter((name) => !first?.groups.includes(name))
  const sides = groupings.map((grouping, i) => {
    const keys = groups.map(({ name, value }) =>
      ast.named(grouping.groups.includes(name) ? column(name) : ast.cast(ast.nothing(), value.type.sql), name),
    )
    const which = ast.named(ast.integer(BigInt(i)), setColumn)
    const list = [...keys, ...numbers.map((name) => ast.named(column(name), name)), which]
    return ast.select({ list, from: ast.table(grouping.table, 'x') })
  })
  return unionAll(sides, [...groups.map(({ name }) => name), ...numbers, setColumn])
}

function cut(result: Block, { maxRows }: Pick<Limits, 'maxRows'>): Block {
  return { ...result, limit: Math.min(result.limit ?? maxRows, maxRows) }
}

interface CommonTable {
  readonly name: string
  readonly select: Node
}

/** The last of these steps, whole; they may read what was written before. */
function allOf(pieces: readonly Piece[], before: readonly CommonTable[]): Node {
  const last = pieces.at(-1)
  if (last === undefined) throw new Error('a table of cells has a step')
  const read = new Set<string>()
  const follow = (select: Node) => {
    for (const name of tablesIn(select)) {
      if (read.has(name)) continue
      read.add(name)
      const found = before.find((table) => table.name === name)
      if (found !== undefined) follow(found.select)
    }
  }
  for (const { select } of pieces) follow(select)
  return ast.select({
    ctes: [...before.filter(({ name }) => read.has(name)), ...pieces],
    list: last.columns.map((name) => ast.named(column(name), name)),
    from: ast.table(last.name, 'x'),
  })
}

function tablesIn(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return []
  const node = value as Node
  const own = node.type === 'BASE_TABLE' ? [String(node.table_name)] : []
  return [...own, ...Object.values(node).flatMap(tablesIn)]
}

/** What stands in FROM of a block with a core. */
type FromCore = (core: Core, alias: string) => Node

function fromCells(members: ReadonlyMap<Core, Member>): FromCore {
  return (core, alias) => {
    const member = members.get(core)
    return member === undefined
      ? ast.subquery(writePublic(core), alias)
      : fromVisible(core, member, visibleName(member.family), alias)
  }
}

/** Names that no block and no dataset of the query has, nor starts with. */
export function freeNames(blocks: readonly Block[]): (wanted: string) => string {
  const relations = blocks.flatMap((block) => relationsOfBlock(block))
  const taken = [...blocks.map((b) => b.name), ...relations].map((name) => name.toLowerCase())
  return (wanted) => {
    let name = wanted
    for (let i = 2; taken.some((t) => t === name || t.startsWith(`${name}_`)); i++) name = `${wanted}${i}`
    taken.push(name)
    return name
  }
}

function relationsOfBlock({ source }: Block): readonly string[] {
  switch (source.kind) {
    case 'core':
      return datasetsOf(source.core.from)
    case 'released':
      return datasetsOf(source.from)
    case 'summary':
      return datasetsOf(source.summary.from)
    case 'set':
    case 'stack':
      return []
  }
}

function datasetsOf(from: From): readonly string[] {
  return relationsOf(from).flatMap(({ source }) =>
    source.kind === 'slot' ? [source.slot.id] : source.kind === 'derived' ? datasetsOf(source.derived.from) : [],
  )
}

function writeBlock(block: Block, fromCore: FromCore, ctes: readonly { name: string; select: Node }[] = []): Node {
  const { source, where, qualify, select, order, distinct, limit, offset } = block
  const shown = [...select, ...order].map((s) => s.value)
  const above = [...shown, ...(qualify === null ? [] : [qualify])]
  const from = withValues(writeSource(source, fromCore), [where, ...above])
  const filter = where === null ? null : write(where)
  const parts = (lift: (node: Node) => Node) => ({
    ctes,
    list: select.map(({ name, value }) => ast.named(lift(outputOf(block, value)), name)),
    distinct,
    // only a cut needs an order, and then a total one
    order: limit === null && offset === null ? [] : totalOrder(block, lift),
    limit,
    offset,
  })
  if (!above.some((value) => holds(value, 'window') || holds(value, 'inBlock'))) {
    return ast.select({ ...parts((node) => node), from, where: filter })
  }
  const { lift, below } = layersFor(above, rowsOf(block))
  const [lifted, filtered] = [parts(lift), qualify === null ? null : lift(write(qualify))]
  const inner = ast.select({ list: below(), from, where: filter })
  return ast.select({ ...lifted, from: ast.subquery(inner, 'w'), where: filtered })
}

/** Of rows that are equal DISTINCT keeps any. */
function outputOf({ distinct }: Block, value: Expression): Node {
  return distinct ? plain(value) : write(value)
}

function writeSource(source: Block['source'], fromCore: FromCore): Node {
  switch (source.kind) {
    case 'core':
      return fromCore(source.core, 'c')
    case 'released':
      return writeFrom(source.from)
    case 'summary':
      return ast.subquery(writeSummary(source.summary), 'c')
    case 'set':
      return ast.subquery(writeSet(source.set), 's')
    case 'stack':
      return ast.subquery(writeStack(source.stack), 'c')
  }
}

/** The query's own order, then every output column: rows that tie are equal, so equal runs give equal bytes. */
function totalOrder({ order, select }: Block, lift: (node: Node) => Node) {
  const keys = select.map((s) => keyOf(s.value))
  const own = order.map(({ value, descending, nullsFirst }) => {
    const position = keys.indexOf(keyOf(value))
    return { value: position < 0 ? lift(write(value)) : ast.integer(BigInt(position + 1)), position, descending, nullsFirst }
  })
  const used = new Set(own.map((o) => o.position))
  const rest = select.flatMap((_, i) =>
    used.has(i) ? [] : [{ value: ast.integer(BigInt(i + 1)), descending: false, nullsFirst: false }],
  )
  return [...own.map(({ value, descending, nullsFirst }) => ({ value, descending, nullsFirst })), ...rest]
}

function writeSummary({ from, where, groups, aggregates }: Summary): Node {
  const used = [where, ...groups.map((g) => g.value), ...aggregates.flatMap((a) => aggregated(a.value))]
  return ast.select({
    list: [
      ...groups.map(({ name, value }) => ast.named(plain(value), name)),
      ...aggregates.map(({ name, value }) => ast.named(writeSummaryAggregate(value), name)),
    ],
    from: withValues(writeFrom(from), used),
    where: where === null ? null : write(where),
    groups: groups.map((_, i) => i + 1),
  })
}

function writeSet({ operation, all, left, right, columns }: SetOperation): Node {
  const side = (block: Block) =>
    ast.select({
      list: columns.map(({ name, type }, i) => ast.named(sideColumn(block.select[i], type), name)),
      from: ast.table(block.name, 'r'),
    })
  return ast.setOperation(operation, all, side(left), side(right))
}

function sideColumn(item: Block['select'][number] | undefined, type: Type): Node {
  if (item === undefined) throw new Error('both sides of a set operation have the same number of columns')
  const value = { kind: 'column', table: 'r', name: item.name, type: item.value.type, slot: null } as const
  return oneZero(ast.cast(write(value), type.sql, true), type)
}
