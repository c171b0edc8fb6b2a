import type { CoreAggregate } from '../analysis/block.ts'
import type { Expression } from '../analysis/expression.ts'
import { magnitude, sumScale } from '../analysis/sums.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'
import { clamped } from './clamp.ts'
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
  const result = compute(aggregate)
  const enough = aggregate.filter === null ? withValue(aggregate, minimum) : onBothSides(aggregate, aggregate.filter, minimum)
  return enough.length === 0 ? result : ast.choose(ast.conjunction('and', enough), result, ast.nothing())
}

function withValue({ value, units }: CoreAggregate, minimum: number): readonly Node[] {
  if (value === null) return []
  // the block's own threshold covers a column that is the unit itself
  const others = units.filter((u) => value.kind !== 'column' || u.table !== value.table || u.name !== value.name)
  const present = ast.operator('OPERATOR_IS_NOT_NULL', [write(value)])
  return others.map((unit) => atLeast(distinctUnits(ast.choose(present, write(unit), ast.nothing())), minimum))
}

/**
 * Enough units with a row that counts, and enough with a row that does not: the whole minus the part is a group too. No
 * unit on a side is as bad as few, or a condition about one person would tell by NULL whether the person is there.
 */
function onBothSides({ value, units }: CoreAggregate, filter: Expression, minimum: number): readonly Node[] {
  const inside = value === null ? [write(filter)] : [write(filter), ast.operator('OPERATOR_IS_NOT_NULL', [write(value)])]
  return units.flatMap((unit) => [
    atLeast(distinctUnits(ast.choose(ast.conjunction('and', inside), write(unit), ast.nothing())), minimum),
    atLeast(distinctUnits(ast.choose(write(filter), ast.nothing(), write(unit))), minimum),
  ])
}

function compute(aggregate: CoreAggregate): Node {
  const { operation, value, filter } = aggregate
  const counted = (node: Node) => (filter === null ? node : ast.choose(write(filter), node, ast.nothing()))
  if (operation === 'rows' || value === null) {
    return filter === null ? ast.call('count_star', []) : ast.call('count', [counted(ast.integer(1n))])
  }
  switch (operation) {
    case 'count':
    case 'momentCount':
      return ast.call('count', [counted(write(value))])
    case 'countDistinct':
      return ast.call('count', [counted(write(value))], { distinct: true })
    case 'sum': {
      const sum = ast.call('sum', [counted(exact(value, aggregate))])
      // an integer sum is a HUGEINT, which Parquet keeps as DOUBLE only
      return value.type.family === 'decimal' ? sum : ast.cast(sum, aggregate.type.sql)
    }
    case 'average':
      return ast.call('avg', [counted(exact(value, aggregate))])
    case 'quantile':
      return ast.call('quantile_cont', [
        counted(ast.cast(clamped(write(value), value.type, aggregate.bounds), 'DOUBLE')),
        ast.cast(ast.text(aggregate.fraction ?? '0.5'), 'DOUBLE'),
      ])
    case 'momentSum':
      return ast.cast(ast.call('sum', [counted(scaled(value, aggregate))]), 'DECIMAL(38,0)')
    case 'momentSquares': {
      const factor = scaled(value, aggregate)
      return ast.cast(ast.call('sum', [counted(ast.call('*', [factor, factor]))]), 'DECIMAL(38,0)')
    }
  }
}

/** Clamped and in a type whose sums do not depend on the order of rows. */
function exact(expression: Expression, { bounds }: CoreAggregate): Node {
  // its columns are clamped, and its type holds every result
  if (expression.kind !== 'column' && expression.type.family === 'decimal') return write(expression)
  const value = clamped(write(expression), expression.type, bounds)
  if (expression.type.family !== 'double' || bounds === null) return value
  const scale = sumScale(bounds)
  return ast.cast(value, `DECIMAL(${Math.max(18, magnitude(bounds).toString().length)},${scale})`)
}

/** Clamped, times 10^scale, as HUGEINT, whose squares cannot overflow within the bounds that the guard accepts. */
function scaled(expression: Expression, { bounds, scale }: CoreAggregate): Node {
  const value = clamped(write(expression), expression.type, bounds)
  const { family } = expression.type
  if (family === 'integer') return ast.cast(value, 'HUGEINT')
  const width = family === 'decimal' ? 38 : Math.max(18, magnitude(bounds ?? [0, 0]).toString().length + scale)
  const fixed = ast.cast(value, `DECIMAL(${width},${scale})`)
  const whole = ast.call('*', [ast.cast(fixed, `DECIMAL(38,${scale})`), ast.integer(10n ** BigInt(scale))])
  return ast.cast(whole, 'HUGEINT')
}
