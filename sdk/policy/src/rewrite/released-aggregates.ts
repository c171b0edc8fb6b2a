import type { Expression, Order, ReleasedAggregate } from '../analysis/expression.ts'
import { decimalShape, decimalType, type Type } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'

interface Options {
  readonly distinct?: boolean
  /** the order in which values go in, where the result depends on it */
  readonly orders?: readonly ast.OrderNode[]
}

/** Writes one call of an engine's aggregate: over a group, or over a window. */
export type Emit = (name: string, args: readonly Node[], options?: Options) => Node

/** Over a group. */
export function writeSummaryAggregate(aggregate: ReleasedAggregate): Node {
  const { filter } = aggregate
  const filters = [...(filter === null ? [] : [write(filter)]), ...(isRanked(aggregate) ? present(aggregate.args) : [])]
  const where = filters.length === 0 ? null : ast.conjunction('and', filters)
  return writeReleasedAggregate(aggregate, (name, args, options) => ast.call(name, args, { ...options, filter: where }))
}

/** The value beside the greatest skips rows where either is NULL. */
function isRanked({ operation }: ReleasedAggregate): boolean {
  return operation === 'arg_max' || operation === 'arg_min'
}

function present(args: readonly Expression[]): readonly Node[] {
  return args.map((a) => ast.operator('OPERATOR_IS_NOT_NULL', [write(a)]))
}

/** In a form that cannot fail: values too large for the engine's sums make the whole result NULL. */
export function writeReleasedAggregate({ operation, args, distinct, orders, type }: ReleasedAggregate, emit: Emit): Node {
  const [first, second] = args
  if (first === undefined) return emit('count_star', [])
  const value = plain(first)
  switch (operation) {
    case 'rows':
      return emit('count_star', [])
    case 'count':
      return emit('count', [value], { distinct })
    case 'min':
    case 'max':
    case 'bool_and':
    case 'bool_or':
      return emit(operation, [value])
    case 'sum':
    case 'avg':
      return writeSum(operation, first, { distinct, type }, emit)
    case 'stddev_samp':
    case 'stddev_pop':
    case 'var_samp':
    case 'var_pop':
      return inOrder(operation, ast.cast(value, 'DOUBLE'), first.type, emit, {})
    case 'quantile_cont':
      return emit(operation, [ast.cast(value, 'DOUBLE'), ...(second === undefined ? [] : [write(second)])])
    case 'string_agg':
      return emit(operation, [value, ...(second === undefined ? [] : [write(second)])], {
        orders: [...orders.map(writeOrder), ascending(value)],
      })
    case 'arg_max':
    case 'arg_min': {
      const by = second === undefined ? value : plain(second)
      const best = { ...ascending(by), type: operation === 'arg_max' ? 'DESCENDING' : 'ASCENDING' } as const
      return emit('first', [value], { orders: [best, ascending(value)] })
    }
  }
}

export function writeOrder({ value, descending, nullsFirst }: Order): ast.OrderNode {
  return ast.orderBy(plain(value), descending, nullsFirst)
}

export function ascending(node: Node): ast.OrderNode {
  return ast.orderBy(node, false, false)
}

/** DuckDB takes 0 and -0 for equal and keeps either of them; this keeps 0. */
export function oneZero(value: Node, type: Type): Node {
  return type.family === 'double' ? ast.call('+', [value, ast.cast(ast.text('0'), type.sql)]) : value
}

export function plain(value: Expression): Node {
  return oneZero(write(value), value.type)
}

/** Digits of a DECIMAL of which 10^12 can be added without passing 38. */
const summable = 26

function writeSum(name: 'sum' | 'avg', value: Expression, { distinct, type }: Options & { type: Type }, emit: Emit): Node {
  const node = plain(value)
  const options = { distinct: distinct === true }
  if (value.type.family === 'integer') {
    const sum = emit(name, [ast.cast(node, 'BIGINT')], options)
    // an integer sum is a HUGEINT, which Parquet keeps as DOUBLE only
    return name === 'sum' ? ast.cast(sum, type.sql) : sum
  }
  const { width, scale } = decimalShape(value.type)
  if (value.type.family !== 'decimal' || scale > 20) return inOrder(name, ast.cast(node, 'DOUBLE'), value.type, emit, options)
  if (width <= summable) return ast.cast(emit(name, [node], options), type.sql)
  return limited(node, ast.cast(node, decimalType(summable, scale).sql, true), (small) => emit(name, [small], options), emit)
}

/** Sums of floating-point numbers depend on their order, so it is that of the numbers. */
function inOrder(name: string, value: Node, { family }: Type, emit: Emit, options: Options): Node {
  const sorted = (node: Node) => emit(name, [node], { ...options, orders: [ascending(node)] })
  if (family !== 'double') return sorted(value)
  const bound = (text: string) => ast.cast(ast.text(text), 'DOUBLE')
  const within = ast.conjunction('and', [
    ast.comparison('COMPARE_GREATERTHANOREQUALTO', value, bound('-1e140')),
    ast.comparison('COMPARE_LESSTHANOREQUALTO', value, bound('1e140')),
  ])
  return limited(value, ast.choose(within, value, ast.nothing()), sorted, emit)
}

function limited(value: Node, small: Node, result: (small: Node) => Node, emit: Emit): Node {
  const all = ast.comparison('COMPARE_EQUAL', emit('count', [value]), emit('count', [small]))
  return ast.choose(all, result(small), ast.nothing())
}
