import { magnitude, sumScale } from '../analysis/aggregates.ts'
import type { CoreAggregate } from '../analysis/block.ts'
import type { Column } from '../analysis/expression.ts'
import { decimalShape } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { write } from './expressions.ts'

/** How many different units, NULL being none. */
export function distinctUnits(unit: Node): Node {
  return ast.call('count', [unit], { distinct: true })
}

export function atLeast(units: Node, minimum: number): Node {
  return ast.comparison('COMPARE_GREATERTHANOREQUALTO', units, ast.integer(BigInt(minimum)))
}

/** One aggregate of a core: clamped, exact, and NULL where fewer than the minimum of units have a value. */
export function writeAggregate(aggregate: CoreAggregate, minimum: number): Node {
  const value = compute(aggregate)
  const { column } = aggregate
  if (column === null) return value
  // the block's own threshold covers a column that is the unit itself
  const units = aggregate.units.filter((u) => u.table !== column.table || u.name !== column.name)
  if (units.length === 0) return value
  const present = ast.operator('OPERATOR_IS_NOT_NULL', [write(column)])
  const enough = units.map((unit) => atLeast(distinctUnits(ast.choose(present, write(unit), ast.nothing())), minimum))
  return ast.choose(ast.conjunction('and', enough), value, ast.nothing())
}

function compute(aggregate: CoreAggregate): Node {
  const { operation, column } = aggregate
  if (operation === 'rows' || column === null) return ast.call('count_star', [])
  switch (operation) {
    case 'count':
    case 'momentCount':
      return ast.call('count', [write(column)])
    case 'countDistinct':
      return ast.call('count', [write(column)], { distinct: true })
    case 'sum': {
      const sum = ast.call('sum', [exact(column, aggregate)])
      // an integer sum is a HUGEINT, which Parquet keeps as DOUBLE only
      return column.type.family === 'decimal' ? sum : ast.cast(sum, aggregate.type.sql)
    }
    case 'average':
      return ast.call('avg', [exact(column, aggregate)])
    case 'quantile':
      return ast.call('quantile_cont', [
        ast.cast(clamped(column, aggregate), 'DOUBLE'),
        ast.cast(ast.text(aggregate.fraction ?? '0.5'), 'DOUBLE'),
      ])
    case 'momentSum':
      return ast.cast(ast.call('sum', [scaled(column, aggregate)]), 'DECIMAL(38,0)')
    case 'momentSquares': {
      const value = scaled(column, aggregate)
      return ast.cast(ast.call('sum', [ast.call('*', [value, value])]), 'DECIMAL(38,0)')
    }
  }
}

/** Clamped and in a type whose sums do not depend on the order of rows. */
function exact(column: Column, { bounds }: CoreAggregate): Node {
  const value = clamped(column, { bounds })
  if (column.type.family !== 'double' || bounds === null) return value
  const scale = sumScale(bounds)
  return ast.cast(value, `DECIMAL(${Math.max(18, magnitude(bounds).toString().length)},${scale})`)
}

/** Clamped, times 10^scale, as HUGEINT, whose squares cannot overflow within the bounds that the guard accepts. */
function scaled(column: Column, { bounds, scale }: CoreAggregate): Node {
  const value = clamped(column, { bounds })
  if (column.type.family === 'integer') return ast.cast(value, 'HUGEINT')
  const width = column.type.family === 'decimal' ? 38 : Math.max(18, magnitude(bounds ?? [0, 0]).toString().length + scale)
  const fixed = ast.cast(value, `DECIMAL(${width},${scale})`)
  const whole = ast.call('*', [ast.cast(fixed, `DECIMAL(38,${scale})`), ast.integer(10n ** BigInt(scale))])
  return ast.cast(whole, 'HUGEINT')
}

/**
 * CASE and not least(greatest(…)), which take NULL for absent and would make it a bound. NaN and infinity are larger than
 * any number for DuckDB and become the upper bound.
 */
function clamped(column: Column, { bounds }: Pick<CoreAggregate, 'bounds'>): Node {
  const value = column.type.family === 'double' ? ast.cast(write(column), 'DOUBLE') : wide(column)
  if (bounds === null) return value
  const [low, high] = [limit(column, bounds[0], Math.ceil), limit(column, bounds[1], Math.floor)]
  const branches = [
    ...(low === null ? [] : [{ when: ast.comparison('COMPARE_LESSTHAN', value, low), result: low }]),
    ...(high === null ? [] : [{ when: ast.comparison('COMPARE_GREATERTHAN', value, high), result: high }]),
  ]
  return branches.length === 0 ? value : ast.chooseFirst(branches, value)
}

function wide(column: Column): Node {
  return column.type.family === 'integer' && column.type.sql !== 'BIGINT' ? ast.cast(write(column), 'BIGINT') : write(column)
}

/** A bound in the column's type; null where no value of the type can pass it. */
function limit(column: Column, bound: number, inward: (n: number) => number): Node | null {
  switch (column.type.family) {
    case 'integer': {
      const whole = BigInt(inward(bound))
      return whole >= 1n << 63n || whole <= -(1n << 63n) ? null : ast.cast(ast.integer(whole), 'BIGINT')
    }
    case 'decimal': {
      const { width, scale } = decimalShape(column.type)
      if (Math.abs(bound) >= 10 ** (width - scale)) return null
      return ast.cast(ast.text(fixedText(bound, scale)), column.type.sql)
    }
    default:
      return ast.cast(ast.text(bound.toString()), 'DOUBLE')
  }
}

/** toFixed gives up above 1e21 and writes an exponent. */
function fixedText(bound: number, scale: number): string {
  return Math.abs(bound) < 1e21 ? bound.toFixed(scale) : BigInt(bound).toString()
}
