import type { Block } from '../analysis/block.ts'
import { doubleConstant } from '../analysis/constants.ts'
import type { Expression } from '../analysis/expression.ts'
import { functionsNamed } from '../analysis/functions.ts'
import { decimalShape, doubleType, type Type } from '../analysis/types.ts'
import { leastCommonMultiple, millionthsOf } from '../rules/decimal.ts'

// Every number that is computed from rows (counts, sums, means, medians, spreads) comes out as a multiple of what the
// rule says, so HAVING, ORDER BY, LIMIT and arithmetic see only that. Halves go away from zero. A type that cannot hold
// all multiples gets the next coarser ones that it can: counts are whole.

const million = 1_000_000n

/** The nearest multiple of the rule's number, in the value's own type; NULL for NULL and never an error. */
export function rounded(value: Expression, rounding: string): Expression {
  const grid = gridOf(value.type, rounding)
  const shared = greatestCommonDivisor(grid, million)
  const [numerator, denominator] = [doubleConstant(Number(grid / shared)), doubleConstant(Number(million / shared))]
  const [round] = functionsNamed('round')
  if (round === undefined) throw new Error('round is a listed function')
  const double: Expression = value.type.sql === doubleType.sql ? value : { kind: 'cast', value, type: doubleType }
  const steps = compute('/', compute('*', double, denominator), numerator)
  const whole: Expression = { kind: 'call', name: round.name, args: [steps], total: round.total, type: doubleType }
  // -0 plus 0 is 0
  const result = compute('+', compute('/', compute('*', whole, numerator), denominator), doubleConstant(0))
  return value.type.sql === doubleType.sql ? result : { kind: 'cast', value: result, type: value.type }
}

function compute(op: '*' | '/' | '+', left: Expression, right: Expression): Expression {
  return { kind: 'arithmetic', op, left, right, type: doubleType }
}

/** In millionths. */
export function gridOf(type: Type, rounding: string): bigint {
  const scale = type.family === 'integer' ? 0 : type.family === 'decimal' ? decimalShape(type).scale : 6
  return scale >= 6 ? millionthsOf(rounding) : leastCommonMultiple(millionthsOf(rounding), 10n ** BigInt(6 - scale))
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}

/** Spreads are computed above the cells, from moments that nothing else can read: they are rounded where they are made. */
export function roundSpreads(block: Block, rounding: string): Block {
  const { where, select, order } = block
  return {
    ...block,
    where: where === null ? null : within(where, rounding),
    select: select.map((item) => ({ ...item, value: within(item.value, rounding) })),
    order: order.map((item) => ({ ...item, value: within(item.value, rounding) })),
  }
}

/** Expressions are plain data. */
function within(expression: Expression, rounding: string): Expression {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit)
    if (value === null || typeof value !== 'object') return value
    const node = value as Expression
    if (node.kind === 'moments') return rounded(node, rounding)
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, visit(child)]))
  }
  return visit(expression) as Expression
}
