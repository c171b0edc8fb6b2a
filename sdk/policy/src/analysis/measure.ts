import type { AggregateFunction } from '@reinraum/statements'
import { refuse } from '../reasons.ts'
import type { Column, Constant, Expression } from './expression.ts'
import { checkShape } from './measure-shape.ts'
import type { Rules } from './rules.ts'
import { magnitude, maximumRows } from './sums.ts'
import { decimalShape, decimalType, doubleType, isNumeric, type Type } from './types.ts'

type Bounds = readonly [number, number]

/** An expression over clamped columns, and the interval that its values cannot leave. */
export interface Measured {
  readonly value: Expression
  readonly bounds: Bounds
}

const message = 'an aggregate takes a column, or + - * / of columns whose rule says `expressions: true`; write conditions as CASE'

/**
 * The argument of a sum or a mean as an expression over clamped columns. Each of its columns must allow the aggregate,
 * have bounds, and allow expressions. Exact DECIMAL arithmetic where every part is an integer or a DECIMAL and the result
 * fits; else DOUBLE, which each row computes in the same way, and which is cut to the interval before it is summed.
 */
export function measure(argument: Expression, rules: Rules, wanted: AggregateFunction, offset: number | undefined): Measured {
  checkShape(argument, offset)
  const leaf = (column: Column) => boundsOf(column, rules, wanted, offset)
  const exact = inDecimal(argument, leaf)
  if (
    exact?.bounds.every(Number.isFinite) === true &&
    magnitude(exact.bounds) * 10n ** BigInt(decimalShape(exact.value.type).scale) * maximumRows < 10n ** 38n
  ) {
    return exact
  }
  const { value, bounds } = inDouble(argument, leaf, offset)
  return { value: value.type.sql === doubleType.sql ? value : { kind: 'cast', value, type: doubleType }, bounds }
}

type Leaf = (column: Column) => Bounds

function boundsOf(column: Column, rules: Rules, wanted: AggregateFunction, offset: number | undefined): Bounds {
  if (!rules.aggregate(column, wanted) || !rules.expressions(column)) {
    const missing = rules.aggregate(column, wanted) ? 'an expression of' : `${wanted} of`
    refuse('aggregate-not-allowed', `the rules do not allow ${missing} ${column.name} of ${column.slot}`, offset)
  }
  if (!isNumeric(column.type)) refuse('type-mismatch', `${column.name} is not a number`, offset)
  const { bounds } = rules.own(column)
  return bounds ?? refuse('bounds-missing', `${wanted} of ${column.name} needs bounds in the rule of ${column.slot}`, offset)
}

/** undefined where DECIMAL cannot hold the result, or a part is a DOUBLE. */
function inDecimal(e: Expression, leaf: Leaf): Measured | undefined {
  switch (e.kind) {
    case 'column': {
      const bounds = leaf(e)
      const type = decimalOf(e.type, bounds)
      return type && { value: { kind: 'clamp', value: e, bounds, type }, bounds }
    }
    case 'constant': {
      const type = e.type.family === 'double' ? undefined : constantType(e)
      return type && { value: { ...e, type }, bounds: [Number(e.text), Number(e.text)] }
    }
    case 'arithmetic': {
      if (e.op !== '+' && e.op !== '-' && e.op !== '*') return undefined
      const [left, right] = [inDecimal(e.left, leaf), inDecimal(e.right, leaf)]
      if (left === undefined || right === undefined) return undefined
      const type = resultType(e.op, left.value.type, right.value.type)
      const bounds = combined(e.op, left.bounds, right.bounds)
      return type && { value: { kind: 'exact', op: e.op, left: left.value, right: right.value, type }, bounds }
    }
    default:
      return undefined
  }
}

function digitsOf(bounds: Bounds): number {
  return magnitude(bounds).toString().length
}

function decimalOf(type: Type, bounds: Bounds): Type | undefined {
  if (type.family === 'integer') return decimalType(Math.min(digitsOf(bounds), 19), 0)
  if (type.family !== 'decimal') return undefined
  const { width, scale } = decimalShape(type)
  return decimalType(Math.min(digitsOf(bounds) + scale, width), scale)
}

function constantType({ text }: Constant): Type | undefined {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(text ?? '')
  if (match === null) return undefined
  const scale = match[2]?.length ?? 0
  const width = (match[1]?.length ?? 1) + scale
  return width > 18 ? undefined : decimalType(width, scale)
}

/** As DuckDB types them; 38 digits are not used up, so that no engine's check of the last one can fail. */
function resultType(op: '+' | '-' | '*', a: Type, b: Type): Type | undefined {
  const [x, y] = [decimalShape(a), decimalShape(b)]
  const scale = op === '*' ? x.scale + y.scale : Math.max(x.scale, y.scale)
  const width = op === '*' ? x.width + y.width : Math.max(x.width - x.scale, y.width - y.scale) + scale + 1
  return width > 37 ? undefined : decimalType(width, scale)
}

function inDouble(e: Expression, leaf: Leaf, offset: number | undefined): Measured {
  switch (e.kind) {
    case 'column': {
      const bounds = leaf(e)
      return { value: { kind: 'clamp', value: e, bounds, type: doubleType }, bounds }
    }
    case 'constant': {
      const number = isNumeric(e.type) && e.text !== null ? Number(e.text) : Number.NaN
      return Number.isFinite(number) ? { value: e, bounds: [number, number] } : refuse('type-mismatch', message, offset)
    }
    case 'arithmetic': {
      const [left, right] = [inDouble(e.left, leaf, offset), inDouble(e.right, leaf, offset)]
      const value: Expression = { ...e, left: left.value, right: right.value, type: doubleType }
      return { value, bounds: finite(intervalOf(e.op, left.bounds, right.bounds, offset), offset) }
    }
    case 'cast': {
      if (!isNumeric(e.type)) return refuse('type-mismatch', message, offset)
      const { value, bounds } = inDouble(e.value, leaf, offset)
      return { value: { ...e, value }, bounds: [bounds[0] - 1, bounds[1] + 1] }
    }
    default:
      break
  }
  return refuse('aggregate-not-allowed', message, offset)
}

function intervalOf(op: string, a: Bounds, b: Bounds, offset: number | undefined): Bounds {
  if (op === '+' || op === '-' || op === '*') return combined(op, a, b)
  if (op !== '/') return refuse('aggregate-not-allowed', message, offset)
  if (b[0] <= 0 && b[1] >= 0) {
    return refuse('bounds-missing', 'a divisor inside an aggregate needs bounds that leave zero out', offset)
  }
  return combined('*', a, [1 / b[1], 1 / b[0]])
}

function combined(op: '+' | '-' | '*', [a, b]: Bounds, [c, d]: Bounds): Bounds {
  if (op === '+') return [a + c, b + d]
  if (op === '-') return [a - d, b - c]
  const products = [a * c, a * d, b * c, b * d]
  return [Math.min(...products), Math.max(...products)]
}

function finite(bounds: Bounds, offset: number | undefined): Bounds {
  return bounds.every(Number.isFinite) ? bounds : refuse('bounds-too-wide', 'the bounds of the expression are too wide', offset)
}
