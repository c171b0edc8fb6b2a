import type { CoreAggregate } from '../analysis/block.ts'
import type { Expression } from '../analysis/expression.ts'
import { magnitude, sumScale } from '../analysis/sums.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { clamped } from './clamp.ts'
import { write } from './expressions.ts'

/**
 * What an aggregate is given of one row: clamped and exact; null where it only counts rows. A count is given the value as it
 * is, which is NULL where and only where the clamped one is.
 */
export function argumentOf(aggregate: CoreAggregate): Node | null {
  const { operation, value } = aggregate
  if (operation === 'rows' || value === null) return null
  switch (operation) {
    case 'count':
    case 'momentCount':
    case 'countDistinct':
      return write(value)
    case 'sum':
    case 'average':
      return exact(value, aggregate)
    case 'quantile':
      return ast.cast(clamped(write(value), value.type, aggregate.bounds), ordered(value, aggregate))
    case 'momentSum':
    case 'momentSquares':
      return scaled(value, aggregate)
  }
}

/**
 * One aggregate over the rows of a cell. Whether it is shown is decided elsewhere.
 * @param argument what `argumentOf` gives, or a column that holds it
 */
export function writeAggregate(aggregate: CoreAggregate, argument: Node | null): Node {
  const { operation, filter } = aggregate
  const counted = (node: Node) => (filter === null ? node : ast.choose(write(filter), node, ast.nothing()))
  if (operation === 'rows' || argument === null) {
    return filter === null ? ast.call('count_star', []) : ast.call('count', [counted(ast.integer(1n))])
  }
  switch (operation) {
    case 'count':
    case 'momentCount':
      return ast.call('count', [counted(argument)])
    case 'countDistinct':
      return ast.call('count', [counted(argument)], { distinct: true })
    case 'sum':
      return asSum(ast.call('sum', [counted(argument)]), aggregate)
    case 'average':
      return ast.call('avg', [counted(argument)])
    case 'quantile':
      return ast.call('quantile_cont', [counted(argument), ast.cast(ast.text(aggregate.fraction ?? '0.5'), 'DOUBLE')])
    case 'momentSum':
      return ast.cast(ast.call('sum', [counted(argument)]), 'DECIMAL(38,0)')
    case 'momentSquares':
      return ast.cast(ast.call('sum', [counted(ast.call('*', [argument, argument]))]), 'DECIMAL(38,0)')
  }
}

/** The smallest type that holds the clamped values of a quantile, which is a DOUBLE whatever they are: sorting is its cost. */
function ordered({ type }: Expression, { bounds }: Pick<CoreAggregate, 'bounds'>): string {
  if (type.family !== 'integer') return 'DOUBLE'
  const largest = bounds === null ? 1n << 63n : magnitude(bounds)
  return largest < 1n << 15n ? 'SMALLINT' : largest < 1n << 31n ? 'INTEGER' : 'BIGINT'
}

/** What is added up over finer cells, and what the sums make. */
export interface Additive {
  readonly parts: readonly Node[]
  readonly whole: (sums: readonly Node[]) => Node
}

/** An aggregate as sums over finer cells, exact as those over rows; null where only rows tell. */
export function additive(aggregate: CoreAggregate, argument: Node | null): Additive | null {
  const { operation, filter } = aggregate
  const own = writeAggregate(aggregate, argument)
  const summed = () =>
    ast.call('sum', [filter === null ? given(argument) : ast.choose(write(filter), given(argument), ast.nothing())])
  switch (operation) {
    case 'rows':
    case 'count':
    case 'momentCount':
      return { parts: [own], whole: ([count]) => ast.cast(given(count), 'BIGINT') }
    case 'momentSum':
    case 'momentSquares':
      return { parts: [own], whole: ([sum]) => given(sum) }
    case 'sum':
      return { parts: [summed()], whole: ([sum]) => asSum(given(sum), aggregate) }
    case 'average': {
      const count = writeAggregate({ ...aggregate, operation: 'count' }, argument)
      const mean = (sum: Node, n: Node) => ast.call('/', [ast.cast(sum, 'DOUBLE'), ast.cast(n, 'DOUBLE')])
      return { parts: [summed(), count], whole: ([sum, n]) => mean(given(sum), given(n)) }
    }
    case 'quantile':
    case 'countDistinct':
      return null
  }
}

/** An integer sum is a HUGEINT, which Parquet keeps as DOUBLE only. */
function asSum(sum: Node, { value, type }: CoreAggregate): Node {
  return value?.type.family === 'decimal' ? sum : ast.cast(sum, type.sql)
}

function given(node: Node | null | undefined): Node {
  if (node === null || node === undefined) throw new Error('what is summed has a value, and every part a sum')
  return node
}

/** Clamped and in a type whose sums do not depend on the order of rows. */
export function exact(expression: Expression, { bounds }: Pick<CoreAggregate, 'bounds'>): Node {
  // its columns are clamped, and its type holds every result
  if (expression.kind !== 'column' && expression.type.family === 'decimal') return write(expression)
  const value = clamped(write(expression), expression.type, bounds)
  if (expression.type.family !== 'double' || bounds === null) return value
  const scale = sumScale(bounds)
  return ast.cast(value, `DECIMAL(${Math.max(18, magnitude(bounds).toString().length)},${scale})`)
}

/**
 * Clamped, times 10^scale, as whole numbers whose squares cannot overflow within the bounds that the guard accepts: BIGINT
 * where the bounds leave squares in it, which is many times faster than HUGEINT.
 */
export function scaled(expression: Expression, { bounds, scale }: Pick<CoreAggregate, 'bounds' | 'scale'>): Node {
  const value = clamped(write(expression), expression.type, bounds)
  const { family } = expression.type
  const largest = magnitude(bounds ?? [0, 0]) * 10n ** BigInt(scale)
  const narrow = bounds !== null && largest <= largestBigintRoot
  if (family === 'integer') return ast.cast(value, narrow ? 'BIGINT' : 'HUGEINT')
  if (narrow && family === 'double') {
    const steps = ast.call('*', [value, ast.cast(ast.integer(10n ** BigInt(scale)), 'DOUBLE')])
    return ast.cast(ast.call('round', [steps]), 'BIGINT')
  }
  if (narrow) {
    const fixed = ast.cast(value, `DECIMAL(${largest.toString().length},${scale})`)
    const factor = ast.cast(ast.integer(10n ** BigInt(scale)), `DECIMAL(${scale + 1},0)`)
    return ast.cast(ast.call('*', [fixed, factor]), 'BIGINT')
  }
  const width = family === 'decimal' ? 38 : Math.max(18, magnitude(bounds ?? [0, 0]).toString().length + scale)
  const fixed = ast.cast(value, `DECIMAL(${width},${scale})`)
  const whole = ast.call('*', [ast.cast(fixed, `DECIMAL(38,${scale})`), ast.integer(10n ** BigInt(scale))])
  return ast.cast(whole, 'HUGEINT')
}

/** Its square is the largest that a BIGINT holds. */
const largestBigintRoot = 3_037_000_499n
