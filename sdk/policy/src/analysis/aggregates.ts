import type { FunctionNode } from '../ast/nodes.ts'
import { offsetWithin, tagOf } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import { aggregatePermission } from './aggregate-names.ts'
import type { CoreAggregate } from './block.ts'
import type { Column, Constant, Expression } from './expression.ts'
import type { Rules } from './rules.ts'
import { bigintType, decimalShape, decimalType, doubleType, isNumeric, type Type } from './types.ts'

/** The aggregates of one core, each computed once however often the query names it. */
export interface AggregateList {
  readonly translate: (call: FunctionNode) => Expression
  readonly list: () => readonly CoreAggregate[]
}

/** What the argument of an aggregate may be: a plain column, so that no condition picks single rows out of a group. */
interface Arguments {
  readonly column: (node: unknown) => Expression
  readonly constant: (node: unknown) => Expression
  readonly rules: () => Rules
}

/** Sums over this many rows stay inside DuckDB's exact types. */
const maximumRows = 10n ** 12n

export function collectAggregates(args: Arguments): AggregateList {
  const found = new Map<string, CoreAggregate>()
  const add = (aggregate: Omit<CoreAggregate, 'name'>): Column => {
    const key = JSON.stringify(aggregate)
    const entry = found.get(key) ?? { ...aggregate, name: `a${found.size}` }
    found.set(key, entry)
    return { kind: 'column', table: 'c', name: entry.name, type: entry.type, slot: null }
  }
  return { translate: (call) => translateAggregate(call, args, add), list: () => [...found.values()] }
}

type Add = (aggregate: Omit<CoreAggregate, 'name'>) => Column

const nothing = { column: null, bounds: null, fraction: null, scale: 0, units: [] } as const

function translateAggregate(call: FunctionNode, args: Arguments, add: Add): Expression {
  const name = call.function_name.toLowerCase()
  const offset = offsetWithin(call)
  const [first, second] = call.children
  if (name === 'count_star' || (name === 'count' && first === undefined)) {
    if (call.children.length > 0 || call.distinct) refuse('aggregate-not-allowed', 'count(*) takes nothing else', offset)
    return add({ ...nothing, operation: 'rows', type: bigintType })
  }
  const permission = Object.hasOwn(aggregatePermission, name) ? aggregatePermission[name] : undefined
  if (permission === undefined) return refuse('aggregate-not-allowed', `${name} gives back values of single rows`, offset)
  // an expression is not even looked at; a star has a refusal of its own
  const plain = ['COLUMN_REF', 'STAR'].includes(tagOf(first, 'class'))
  const column = plain ? args.column(first) : undefined
  if (column?.kind !== 'column') {
    return refuse('aggregate-not-allowed', 'an aggregate takes a plain column of a dataset, not an expression', offset)
  }
  const needed = permission === 'count' && call.distinct ? 'count_distinct' : permission
  const rules = args.rules()
  const { bounds = null } = rules.own(column)
  if (!rules.aggregate(column, needed)) {
    refuse('aggregate-not-allowed', `the rules do not allow ${needed} of ${column.name} of ${column.slot}`, offset)
  }
  if (call.children.length !== (permission === 'quantile' ? 2 : 1)) {
    refuse('aggregate-not-allowed', `${name} does not take these arguments`, offset)
  }
  const shared = { column, bounds, fraction: null, scale: 0, units: rules.unitsOf(column) }
  if (permission === 'count') return add({ ...shared, ...countOf(call.distinct), bounds: null })
  if (call.distinct) refuse('aggregate-not-allowed', `${name}(DISTINCT …) is not allowed`, offset)
  if (!isNumeric(column.type)) refuse('type-mismatch', `${name} takes a number`, offset)
  if (permission === 'median' || permission === 'quantile') {
    const fraction =
      permission === 'median' ? '0.5' : fractionOf(second === undefined ? undefined : args.constant(second), offset)
    return add({ ...shared, operation: 'quantile', fraction, type: doubleType })
  }
  if (bounds === null)
    return refuse('bounds-missing', `${name} of ${column.name} needs bounds in the rule of ${column.slot}`, offset)
  if (permission === 'sum') return add({ ...shared, operation: 'sum', type: sumType(column.type, bounds, offset) })
  if (permission === 'avg') {
    sumType(column.type, bounds, offset)
    return add({ ...shared, operation: 'average', type: doubleType })
  }
  return moments(name, { ...shared, scale: momentScale(column.type, bounds, offset) }, add)
}

function countOf(distinct: boolean): { readonly operation: 'count' | 'countDistinct'; readonly type: Type } {
  return { operation: distinct ? 'countDistinct' : 'count', type: bigintType }
}

/** Near 0 and 1 a quantile is the smallest or the largest single value. */
function fractionOf(constant: Expression | undefined, offset: number | undefined): string {
  const text = constant?.kind === 'constant' && isNumeric(constant.type) ? (constant as Constant).text : null
  const value = Number(text)
  if (text === null || !(value >= 0.05 && value <= 0.95)) {
    return refuse('aggregate-not-allowed', 'quantile_cont takes a constant from 0.05 to 0.95', offset)
  }
  return text
}

/** The largest whole number that a clamped value can have in size. */
export function magnitude([low, high]: readonly [number, number]): bigint {
  return BigInt(Math.ceil(Math.max(Math.abs(low), Math.abs(high))))
}

/** Digits after the point with which values of DOUBLE columns are summed. */
export function sumScale(bounds: readonly [number, number]): number {
  const digits = magnitude(bounds).toString().length
  return Math.max(0, Math.min(9, 18 - digits))
}

function sumType(type: Type, bounds: readonly [number, number], offset: number | undefined): Type {
  const scale = type.family === 'decimal' ? decimalShape(type).scale : type.family === 'double' ? sumScale(bounds) : 0
  const largest = type.family === 'integer' ? minimum(magnitude(bounds), 1n << 63n) : magnitude(bounds)
  if (largest * 10n ** BigInt(scale) * maximumRows >= 10n ** 38n) {
    refuse('bounds-too-wide', 'the bounds of the column are too wide for an exact sum', offset)
  }
  return type.family === 'double' ? doubleType : decimalType(38, scale)
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** Squares of scaled values, summed over all rows, stay below 2^127. */
function momentScale(type: Type, bounds: readonly [number, number], offset: number | undefined): number {
  const largest = type.family === 'integer' ? minimum(magnitude(bounds), 1n << 63n) : magnitude(bounds)
  const digits = largest.toString().length
  const scale =
    type.family === 'decimal' ? decimalShape(type).scale : type.family === 'double' ? Math.max(0, Math.min(6, 12 - digits)) : 0
  const scaled = largest * 10n ** BigInt(scale)
  if (scaled * scaled * maximumRows >= 1n << 127n) {
    refuse('bounds-too-wide', 'the bounds of the column are too wide for an exact variance', offset)
  }
  return scale
}

function moments(name: string, shared: Omit<CoreAggregate, 'name' | 'operation' | 'type'>, add: Add): Expression {
  const huge = decimalType(38, 0)
  return {
    kind: 'moments',
    count: add({ ...shared, operation: 'momentCount', type: bigintType }),
    sum: add({ ...shared, operation: 'momentSum', type: huge }),
    squares: add({ ...shared, operation: 'momentSquares', type: huge }),
    scale: shared.scale,
    population: name.endsWith('_pop'),
    root: name.startsWith('stddev'),
    type: doubleType,
  }
}
