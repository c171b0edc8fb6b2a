import type { Block } from '../analysis/block.ts'
import { type Relation, relationsOf, ruleOfRelation, setColumn } from '../analysis/block.ts'
import { type Column, childrenOf, columnsOf, type Expression, type Frame, keyOf, type Window } from '../analysis/expression.ts'
import { bigintType } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { windowCall } from '../ast/window-call.ts'
import { as, write } from './expressions.ts'
import { ascending, plain, writeOrder, writeReleasedAggregate } from './released-aggregates.ts'

/** Rows that windows run over: what tells them apart, and which expressions are different in each of them. */
export interface Rows {
  readonly ties: readonly Column[]
  /** keys of expressions that together are different in every row; null where nothing is known to be */
  readonly unique: readonly string[] | null
}

export function rowsOf(block: Block): Rows {
  const { source } = block
  switch (source.kind) {
    case 'core':
      return source.core.sets.length > 1 ? withSets(grouped(source.core)) : grouped(source.core)
    case 'summary': {
      const { groups, aggregates } = source.summary
      return grouped({ groups, aggregates: aggregates.map(({ name, value }) => ({ name, type: value.type })) })
    }
    case 'stack': {
      const ties = source.stack.columns.map(({ name, type }) => column('c', name, type))
      return { ties, unique: ties.filter((_, i) => source.stack.columns[i]?.merge === 'group').map(keyOf) }
    }
    case 'set':
      return { ties: source.set.columns.map(({ name, type }) => column('s', name, type)), unique: null }
    case 'released':
      return { ties: relationsOf(source.from).flatMap((r) => shown(r, usedIn(block))), unique: null }
  }
}

/** NULL of a group that a row's set leaves out is none of the data. */
function withSets({ ties }: Rows): Rows {
  return { ties: [column('c', setColumn, bigintType), ...ties], unique: null }
}

function grouped(of: {
  readonly groups: readonly { readonly name: string; readonly value: Expression }[]
  readonly aggregates: readonly { readonly name: string; readonly type: Column['type'] }[]
}): Rows {
  const groups = of.groups.map(({ name, value }) => column('c', name, value.type))
  return { ties: [...groups, ...of.aggregates.map((a) => column('c', a.name, a.type))], unique: groups.map(keyOf) }
}

function usedIn({ select, order, qualify, where }: Block): readonly Column[] {
  const values = [...select, ...order].map((s) => s.value)
  return [...values, qualify, where].flatMap((value) => (value === null ? [] : columnsOf(value)))
}

/**
 * Columns of a public dataset that may not be shown do not order what is, and those that the query does not use are not
 * there when it runs: rows that differ in nothing else are the same to it.
 */
function shown(relation: Relation, used: readonly Column[]): readonly Column[] {
  const { table } = relation
  const free = (name: string) => {
    const rule = ruleOfRelation(relation, name)
    return rule === null || (rule.dimension === true && used.some((c) => c.table === table && c.name === name))
  }
  return relation.columns.filter(({ name }) => free(name)).map(({ name, type }) => column(table, name, type))
}

function column(table: string, name: string, type: Column['type']): Column {
  return { kind: 'column', table, name, type, slot: null }
}

export function windowsOf(expression: Expression): readonly Window[] {
  return expression.kind === 'window' ? [expression] : childrenOf(expression).flatMap(windowsOf)
}

export function writeWindow(window: Window, { ties, unique }: Rows): Node {
  const { call, frame } = window
  const partitions = window.partitions.map(plain)
  const orders = window.orders.map(writeOrder)
  const total = [...orders, ...ties.map((tie) => ascending(plain(tie)))]
  switch (call.kind) {
    case 'ranking': {
      const tied = call.name === 'row_number' || call.name === 'ntile'
      const children = call.buckets === null ? [] : [write(call.buckets)]
      return windowCall(call.name, children, { partitions, orders: tied ? total : orders, ...boundaries(defaultFrame) })
    }
    case 'value': {
      const { name, value, by, otherwise, ignoreNulls } = call
      const [children, offset, fallback] = [
        [as(value, window.type.sql)],
        by && write(by),
        otherwise && as(otherwise, window.type.sql),
      ]
      const moves = name === 'lag' || name === 'lead'
      const parts = { partitions, orders: total, ignoreNulls, ...boundaries(moves ? defaultFrame : whole(window)) }
      if (moves) return windowCall(name, children, { ...parts, offset, otherwise: fallback })
      return windowCall(name, [...children, ...(offset === null ? [] : [offset])], parts)
    }
    case 'aggregate': {
      const { filter } = call.aggregate
      const known = [...window.partitions, ...window.orders.map((o) => o.value)].map(keyOf)
      const noTies = unique?.every((key) => known.includes(key)) === true
      const byRow = window.orders.length > 0 && (frame.units === 'ROWS' || noTies)
      const parts = {
        partitions,
        filter: filter && write(filter),
        ...rangeParts(window, frame.units === 'ROWS' ? total : orders),
      }
      return writeReleasedAggregate(call.aggregate, (name, children, options = {}) =>
        windowCall(name, children, {
          ...parts,
          distinct: options.distinct === true,
          argumentOrders: byRow || frame.units === 'ROWS' ? [] : (options.orders ?? []),
        }),
      )
    }
  }
}

const defaultFrame: Frame = {
  units: 'RANGE',
  start: 'UNBOUNDED_PRECEDING',
  end: 'CURRENT_ROW',
  startBy: null,
  endBy: null,
  withoutCurrentRow: false,
}

/** Without ORDER BY all rows tie and the frame is all of them; the order of ties must not make it smaller. */
function whole({ frame, orders }: Window): Frame {
  return orders.length === 0 && frame.units === 'RANGE' ? { ...frame, end: 'UNBOUNDED_FOLLOWING' } : frame
}

function boundaries({ units, start, end, startBy, endBy, withoutCurrentRow }: Frame) {
  const named = (side: string) => (side.startsWith('UNBOUNDED') ? side : `${side}_${units}`)
  return {
    start: named(start),
    end: named(end),
    startBy: startBy && write(startBy),
    endBy: endBy && write(endBy),
    withoutCurrentRow,
  }
}

/** Distances of a RANGE frame are added to the order's value, so both get a type in which that cannot overflow. */
function rangeParts({ frame, orders: [order] }: Window, orders: readonly ast.OrderNode[]) {
  const distance = frame.startBy !== null || frame.endBy !== null
  if (frame.units !== 'RANGE' || !distance || order === undefined) return { orders, ...boundaries(frame) }
  const whole = [order.value, frame.startBy, frame.endBy].every((e) => e === null || e.type.family === 'integer')
  const type = whole ? 'HUGEINT' : 'DOUBLE'
  const wide = (e: Expression | null) => e && ast.cast(write(e), type)
  return {
    orders: [ast.orderBy(ast.cast(plain(order.value), type), order.descending, order.nullsFirst)],
    ...boundaries(frame),
    startBy: wide(frame.startBy),
    endBy: wide(frame.endBy),
  }
}
