import type { FunctionNode } from '../ast/nodes.ts'
import { offsetWithin } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Expression, ReleasedAggregate } from './expression.ts'
import { readOrders } from './modifiers.ts'
import { requireBoolean } from './operators.ts'
import { bigintType, booleanType, decimalShape, decimalType, doubleType, isNumeric, type Type, textType } from './types.ts'

// Aggregates over released values. They may give single values back, as those are released already; what they may not do
// is fail, or depend on the order of rows.

type Operation = ReleasedAggregate['operation']
type Call = Pick<FunctionNode, 'function_name' | 'children' | 'distinct'> & {
  readonly filter: unknown
  readonly orders: readonly unknown[]
}

const operations: Readonly<Record<string, Operation>> = {
  count: 'count',
  sum: 'sum',
  avg: 'avg',
  mean: 'avg',
  min: 'min',
  max: 'max',
  // of values that differ, the smallest is as good as any and the same in every run
  any_value: 'min',
  stddev: 'stddev_samp',
  stddev_samp: 'stddev_samp',
  stddev_pop: 'stddev_pop',
  variance: 'var_samp',
  var_samp: 'var_samp',
  var_pop: 'var_pop',
  median: 'quantile_cont',
  quantile_cont: 'quantile_cont',
  bool_and: 'bool_and',
  bool_or: 'bool_or',
  string_agg: 'string_agg',
  group_concat: 'string_agg',
  listagg: 'string_agg',
  arg_max: 'arg_max',
  max_by: 'arg_max',
  arg_min: 'arg_min',
  min_by: 'arg_min',
}

export function isReleasedAggregate(name: string): boolean {
  return name === 'count_star' || Object.hasOwn(operations, name)
}

/** How many arguments each takes beside the first. */
const others: Partial<Record<Operation, number>> = { arg_max: 1, arg_min: 1 }

export function translateReleasedAggregate(call: Call, inner: (child: unknown) => Expression): ReleasedAggregate {
  const offset = offsetWithin(call)
  const name = call.function_name.toLowerCase()
  const filter = call.filter === null ? null : requireBoolean(inner(call.filter), offset)
  const plain = { distinct: call.distinct, filter, orders: [] }
  if (name === 'count_star' || (name === 'count' && call.children.length === 0)) {
    if (call.children.length > 0 || call.distinct) refuse('aggregate-not-allowed', 'count(*) takes nothing else', offset)
    return { ...plain, operation: 'rows', args: [], type: bigintType }
  }
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (operation === undefined) {
    return refuse('aggregate-not-allowed', `${name} depends on the order of rows, or is not known`, offset)
  }
  const args = argumentsOf(operation, call.children.map(inner), name === 'median', offset)
  const [first] = args
  if (first === undefined) return refuse('aggregate-not-allowed', `${name} does not take these arguments`, offset)
  if (call.distinct && !['count', 'sum', 'avg', 'min', 'max'].includes(operation)) {
    refuse('aggregate-not-allowed', `${name}(DISTINCT …) is not allowed`, offset)
  }
  // only the order of texts in a text shows; anywhere else the result is the same
  const orders = readOrders(call.orders, inner)
  return { ...plain, operation, args, orders: operation === 'string_agg' ? orders : [], type: resultOf(operation, first, offset) }
}

function argumentsOf(
  operation: Operation,
  args: readonly Expression[],
  median: boolean,
  offset: number | undefined,
): readonly Expression[] {
  const message = 'the aggregate does not take these arguments'
  const [first, second] = args
  if (first === undefined) return refuse('aggregate-not-allowed', message, offset)
  if (operation === 'quantile_cont' || operation === 'string_agg') {
    const constant = operation === 'quantile_cont' ? fraction(median, second) : separator(second)
    if (constant === undefined || args.length > (median ? 1 : 2)) refuse('aggregate-not-allowed', message, offset)
    return [first, constant as Expression]
  }
  return args.length === 1 + (others[operation] ?? 0) ? args : refuse('aggregate-not-allowed', message, offset)
}

function fraction(median: boolean, given: Expression | undefined): Expression | undefined {
  if (median) return { kind: 'constant', type: doubleType, text: '0.5' }
  if (given?.kind !== 'constant' || given.text === null || !isNumeric(given.type)) return undefined
  const value = Number(given.text)
  return value >= 0 && value <= 1 ? { kind: 'constant', type: doubleType, text: given.text } : undefined
}

function separator(given: Expression | undefined): Expression | undefined {
  if (given === undefined) return { kind: 'constant', type: textType, text: ',' }
  return given.kind === 'constant' && given.type.family === 'text' ? given : undefined
}

function resultOf(operation: Operation, { type }: Expression, offset: number | undefined): Type {
  const wanted = (fits: boolean, result: Type) =>
    fits ? result : refuse('type-mismatch', `${operation} does not take ${type.sql}`, offset)
  switch (operation) {
    case 'rows':
    case 'count':
      return bigintType
    case 'sum':
      return wanted(isNumeric(type), sumType(type))
    case 'avg':
    case 'stddev_samp':
    case 'stddev_pop':
    case 'var_samp':
    case 'var_pop':
    case 'quantile_cont':
      return wanted(isNumeric(type), doubleType)
    case 'bool_and':
    case 'bool_or':
      return wanted(type.family === 'boolean', booleanType)
    case 'string_agg':
      return wanted(type.family === 'text', textType)
    case 'min':
    case 'max':
    case 'arg_max':
    case 'arg_min':
      return wanted(type.family !== 'null', type)
  }
}

/** Exact where the values are; DECIMAL of more than these digits after the point is summed as DOUBLE. */
function sumType(type: Type): Type {
  if (type.family === 'integer') return decimalType(38, 0)
  const { scale } = decimalShape(type)
  return type.family === 'decimal' && scale <= 20 ? decimalType(38, scale) : doubleType
}
