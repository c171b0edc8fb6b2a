import { type WindowNode, windowNode } from '../ast/nodes.ts'
import { offsetOf, read } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Constant, Expression, Frame, Window, WindowCall } from './expression.ts'
import { childrenOf, holds } from './expression.ts'
import { readOrders } from './modifiers.ts'
import { commonTypeOf } from './operators.ts'
import { translateReleasedAggregate } from './released-aggregates.ts'
import { bigintType, doubleType, isNumeric, type Type } from './types.ts'

/** A window over released rows. Rows that tie are ordered by everything they hold, so equal runs give equal bytes. */
export function translateWindow(node: unknown, inner: (child: unknown) => Expression): Window {
  const offset = offsetOf(node)
  const message = 'this kind of window is not allowed'
  const shape = read(windowNode, node, 'window-not-allowed', message)
  const partitions = shape.partitions.map(inner)
  const orders = readOrders(shape.orders, inner)
  const frame = readFrame(shape, orders.length, inner)
  const { call, type } = readCall(shape, inner, offset)
  const temporal = orders[0]?.value.type
  if (frame.units === 'RANGE' && [frame.startBy, frame.endBy].some((by) => by !== null) && !isNumeric(temporal ?? doubleType)) {
    refuse('window-not-allowed', 'a RANGE frame with a distance is over a number', offset)
  }
  if (call.kind === 'value' && frame.units !== 'ROWS' && !isDefault(frame)) {
    refuse('window-not-allowed', 'first_value, last_value and nth_value take a frame of ROWS', offset)
  }
  const window: Window = { kind: 'window', call, partitions, orders, frame, type }
  if (childrenOf(window).some((value) => holds(value, 'window'))) {
    refuse('window-not-allowed', 'a window over a window needs a query around it', offset)
  }
  return window
}

type Call = { readonly call: WindowCall; readonly type: Type }

function readCall(shape: WindowNode, inner: (child: unknown) => Expression, offset: number | undefined): Call {
  const name = shape.function_name.toLowerCase()
  const [first, second] = shape.children
  const plain = shape.filter_expr === null && !shape.distinct && shape.arg_orders.length === 0
  const takes = (count: number, ignoresNulls = false) => {
    if (shape.children.length !== count || !plain || (shape.ignore_nulls && !ignoresNulls)) {
      refuse('window-not-allowed', `${name} does not take these arguments`, offset)
    }
  }
  switch (shape.type) {
    case 'WINDOW_AGGREGATE': {
      if (shape.ignore_nulls || shape.arg_orders.length > 0) refuse('window-not-allowed', `${name} takes no order here`, offset)
      const aggregate = translateReleasedAggregate({ ...shape, filter: shape.filter_expr, orders: [] }, inner)
      if (['string_agg', 'arg_max', 'arg_min'].includes(aggregate.operation)) {
        refuse('window-not-allowed', `${name} does not stand over a window`, offset)
      }
      return { call: { kind: 'aggregate', aggregate }, type: aggregate.type }
    }
    case 'WINDOW_RANK':
    case 'WINDOW_RANK_DENSE':
    case 'WINDOW_ROW_NUMBER':
      takes(0)
      return { call: { kind: 'ranking', name, buckets: null }, type: bigintType }
    case 'WINDOW_PERCENT_RANK':
    case 'WINDOW_CUME_DIST':
      takes(0)
      return { call: { kind: 'ranking', name, buckets: null }, type: doubleType }
    case 'WINDOW_NTILE':
      takes(1)
      return { call: { kind: 'ranking', name, buckets: count(inner(first), 1, offset) }, type: bigintType }
    case 'WINDOW_FIRST_VALUE':
    case 'WINDOW_LAST_VALUE':
      takes(1, true)
      return valueCall(shape, inner(first), null, null)
    case 'WINDOW_NTH_VALUE':
      takes(2, true)
      return valueCall(shape, inner(first), count(inner(second), 1, offset), null)
    case 'WINDOW_LAG':
    case 'WINDOW_LEAD': {
      takes(1, true)
      const by = shape.offset_expr === null ? null : count(inner(shape.offset_expr), 0, offset)
      return valueCall(shape, inner(first), by, shape.default_expr === null ? null : inner(shape.default_expr))
    }
  }
}

function valueCall(shape: WindowNode, value: Expression, by: Constant | null, otherwise: Expression | null): Call {
  const type = commonTypeOf(otherwise === null ? [value] : [value, otherwise], offsetOf(shape))
  const name = shape.function_name.toLowerCase()
  return { call: { kind: 'value', name, value, by, otherwise, ignoreNulls: shape.ignore_nulls }, type }
}

function count(value: Expression, minimum: number, offset: number | undefined): Constant {
  const number = value.kind === 'constant' && value.type.family === 'integer' ? Number(value.text) : Number.NaN
  if (value.kind === 'constant' && number >= minimum && number <= 1_000_000_000) return value
  return refuse('window-not-allowed', `a window counts by whole constants from ${minimum}`, offset)
}

type Side = readonly ['UNBOUNDED_PRECEDING' | 'UNBOUNDED_FOLLOWING' | 'CURRENT_ROW' | 'EXPR_PRECEDING' | 'EXPR_FOLLOWING', string]

function side(name: WindowNode['start']): Side {
  if (name === 'UNBOUNDED_PRECEDING' || name === 'UNBOUNDED_FOLLOWING') return [name, '']
  const at = name.lastIndexOf('_')
  return [name.slice(0, at) as Side[0], name.slice(at + 1)]
}

function readFrame(shape: WindowNode, orders: number, inner: (child: unknown) => Expression): Frame {
  const [[start, unit], [end, other]] = [side(shape.start), side(shape.end)]
  const units = (unit || other || 'ROWS') as Frame['units']
  const offset = offsetOf(shape)
  if (unit !== '' && other !== '' && unit !== other) refuse('window-not-allowed', 'a frame counts in one unit', offset)
  const by = (node: unknown): Constant | null => {
    if (node === null) return null
    const value = inner(node)
    if (units !== 'RANGE') return count(value, 0, offset)
    if (value.kind === 'constant' && isNumeric(value.type) && Number(value.text) >= 0) return value
    return refuse('window-not-allowed', 'a RANGE frame has a constant distance that is not negative', offset)
  }
  const frame: Frame = {
    units,
    start,
    end,
    startBy: by(shape.start_expr),
    endBy: by(shape.end_expr),
    withoutCurrentRow: shape.exclude_clause === 'CURRENT_ROW',
  }
  const distance = frame.startBy !== null || frame.endBy !== null
  if (units === 'RANGE' && distance && orders !== 1) {
    refuse('window-not-allowed', 'a RANGE frame with a distance has one ORDER BY', offset)
  }
  if (units === 'GROUPS' && orders === 0) refuse('window-not-allowed', 'a GROUPS frame has an ORDER BY', offset)
  return frame
}

/** What a window without a frame has: up to the current row and those that tie with it. */
function isDefault({ units, start, end, withoutCurrentRow }: Frame): boolean {
  return units === 'RANGE' && start === 'UNBOUNDED_PRECEDING' && end === 'CURRENT_ROW' && !withoutCurrentRow
}
