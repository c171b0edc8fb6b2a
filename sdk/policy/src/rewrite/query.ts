import type { Block, Core, Derived, From, SetOperation } from '../analysis/block.ts'
import { keyOf } from '../analysis/expression.ts'
import type { Type } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { atLeast, distinctUnits, writeAggregate } from './aggregates.ts'
import { write } from './expressions.ts'
import { withValues } from './values.ts'

export interface Limits {
  /** distinct units per row, over every protected dataset */
  readonly minimumGroupSize: number
  readonly maxRows: number
}

/** The statement that the enclave executes, built from what the guard understood and from nothing else. */
export function rewrite(blocks: readonly Block[], limits: Limits): Node {
  const result = blocks.at(-1)
  if (result === undefined) throw new Error('a query has at least one block')
  const ctes = blocks.slice(0, -1).map((block) => ({ name: block.name, select: writeBlock(block, limits) }))
  const limit = Math.min(result.limit ?? limits.maxRows, limits.maxRows)
  return writeBlock({ ...result, limit }, limits, ctes)
}

function writeBlock(block: Block, limits: Limits, ctes: readonly { name: string; select: Node }[] = []): Node {
  const { source, where, select, order, distinct, limit, offset } = block
  return ast.select({
    ctes,
    list: select.map(({ name, value }) => ast.named(write(value), name)),
    from: withValues(writeSource(source, limits), [where, ...select.map((s) => s.value), ...order.map((o) => o.value)]),
    where: where === null ? null : write(where),
    distinct,
    // only a cut needs an order, and then a total one
    order: limit === null && offset === null ? [] : totalOrder(block),
    limit,
    offset,
  })
}

function writeSource(source: Block['source'], limits: Limits): Node {
  switch (source.kind) {
    case 'core':
      return ast.subquery(writeCore(source.core, limits), 'c')
    case 'released':
      return writeFrom(source.from)
    case 'set':
      return ast.subquery(writeSet(source.set), 's')
  }
}

/** The query's own order, then every output column: rows that tie are equal, so equal runs give equal bytes. */
function totalOrder({ order, select }: Block) {
  const keys = select.map((s) => keyOf(s.value))
  const own = order.map(({ value, descending, nullsFirst }) => {
    const position = keys.indexOf(keyOf(value))
    return { value: position < 0 ? write(value) : ast.integer(BigInt(position + 1)), position, descending, nullsFirst }
  })
  const used = new Set(own.map((o) => o.position))
  const rest = select.flatMap((_, i) =>
    used.has(i) ? [] : [{ value: ast.integer(BigInt(i + 1)), descending: false, nullsFirst: false }],
  )
  return [...own.map(({ value, descending, nullsFirst }) => ({ value, descending, nullsFirst })), ...rest]
}

function writeCore({ from, where, groups, aggregates, units }: Core, { minimumGroupSize }: Limits): Node {
  const thresholds = units.map((unit) => atLeast(distinctUnits(write(unit)), minimumGroupSize))
  return ast.select({
    list: [
      ...groups.map(({ name, value }) => ast.named(write(value), name)),
      ...aggregates.map((a) => ast.named(writeAggregate(a, minimumGroupSize), a.name)),
    ],
    from: withValues(writeFrom(from), [where, ...groups.map((g) => g.value), ...aggregates.flatMap((a) => [a.value, a.filter])]),
    where: where === null ? null : write(where),
    groups: groups.map((_, i) => i + 1),
    having: thresholds.length === 0 ? null : ast.conjunction('and', thresholds),
  })
}

const joinTypes = { inner: 'INNER', left: 'LEFT', full: 'FULL', cross: 'INNER' } as const

function writeFrom(from: From): Node {
  if (from.kind === 'relation') {
    const { source, table } = from.relation
    switch (source.kind) {
      case 'slot':
        return ast.table(source.slot.id, table)
      case 'block':
        return ast.table(source.block.name, table)
      case 'derived':
        return ast.subquery(writeDerived(source.derived), table)
    }
  }
  const equalities = from.equalities.map(({ left, right }) =>
    write({ kind: 'compare', op: 'COMPARE_EQUAL', left, right, type: { family: 'boolean', sql: 'BOOLEAN' } }),
  )
  const condition = equalities.length === 0 ? null : ast.conjunction('and', equalities)
  return ast.join(joinTypes[from.join], writeFrom(from.left), writeFrom(from.right), condition)
}

function writeDerived({ from, where, columns }: Derived): Node {
  return ast.select({
    list: columns.map((c) => ast.named(c.value === null ? ast.nothing() : write(c.value), c.name)),
    from: withValues(writeFrom(from), [where, ...columns.map((c) => c.value)]),
    where: where === null ? null : write(where),
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

/** DuckDB takes 0 and -0 for equal and keeps either of them; this keeps 0. */
function oneZero(value: Node, type: Type): Node {
  return type.family === 'double' ? ast.call('+', [value, ast.cast(ast.text('0'), type.sql)]) : value
}
