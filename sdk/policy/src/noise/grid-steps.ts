import { decimalShape, type Type } from '../analysis/types.ts'
import type { Node } from '../ast/build.ts'
import * as ast from '../ast/build.ts'

// A value as noise takes it: clamped to the grid between its bounds, both ends of which are steps of the grid. CASE and not
// least(greatest(…)), which take NULL for absent and would make it a bound.

/** The first and the last step between the bounds. */
export interface Ends {
  readonly low: bigint
  readonly high: bigint
}

/** A value and its grid: a step is every·10^-decimals. */
export interface OnGrid {
  readonly value: Node
  readonly type: Type
  readonly decimals: number
  /** points of the grid of its decimals that make a step */
  readonly every: bigint
  readonly ends: Ends
}

/** In steps: an INTEGER where that holds the steps and their distances, which is added up faster, and else a BIGINT. */
export function inSteps(of: OnGrid): Node {
  const { every, ends } = of
  if (every === 1n) return onFineGrid(of, isWithin(ends, 1n << 31n) ? 'INTEGER' : 'BIGINT')
  // Both ends are whole steps: what is clamped to them first is between them when it is rounded, from a distance
  // that is not negative.
  const fine = { low: ends.low * every, high: ends.high * every }
  const whole = isWithin({ low: fine.low, high: fine.high + every }, 1n << 31n) ? 'INTEGER' : 'BIGINT'
  const distance = ast.call('+', [onFineGrid({ ...of, ends: fine }, whole), ast.integer(every / 2n - fine.low)])
  return ast.call('+', [ast.call('//', [distance, ast.integer(every)]), ast.integer(ends.low)])
}

/** In points of the grid of its decimals, whatever the step is. */
function onFineGrid(of: OnGrid, whole: string): Node {
  const { value, type, decimals, ends } = of
  switch (type.family) {
    case 'double':
      return stepsOfDouble(of, whole)
    case 'decimal':
      return ast.cast(timesPowerOfTen(clampedDecimal(of, digitsOf(ends, decimals)), decimals), whole)
    default:
      return ast.cast(between(value, ast.integer(ends.low), ast.integer(ends.high)), whole)
  }
}

/** A DECIMAL as it is added up, and what makes steps of the sum. */
export interface DecimalSum {
  readonly ofRow: Node
  readonly whole: (sum: Node) => Node
}

/** DECIMALs are added up as they are, and scaled once a cell; null where rows have to be. */
export function decimalSum(of: OnGrid): DecimalSum | null {
  const { type, decimals, every, ends } = of
  if (every !== 1n) return null
  // the sum of 2^63 rows is a DECIMAL(38) also when it is scaled
  if (type.family !== 'decimal' || !isWithin(ends, (1n << 62n) / 10n ** BigInt(decimals))) return null
  // 64 bits are added up faster than 128
  const narrow = decimalShape(type).width > 18 && digitsOf(ends, decimals) <= 18
  return { ofRow: clampedDecimal(of, narrow ? 18 : null), whole: (sum) => ast.cast(timesPowerOfTen(sum, decimals), 'HUGEINT') }
}

/** Whether both ends, and the distance between them, are nearer to 0 than this. */
function isWithin({ low, high }: Ends, limit: bigint): boolean {
  return -limit < low && high < limit && high - low < limit
}

function between(value: Node, low: Node | null, high: Node | null): Node {
  const branches = [
    ...(low === null ? [] : [{ when: ast.comparison('COMPARE_LESSTHAN', value, low), result: low }]),
    ...(high === null ? [] : [{ when: ast.comparison('COMPARE_GREATERTHAN', value, high), result: high }]),
  ]
  return branches.length === 0 ? value : ast.chooseFirst(branches, value)
}

/**
 * Rounded to the grid first, where neither is an error: what is beyond any integer is beyond an end. NaN is larger than any
 * number. An end that no DOUBLE is has the nearest one in its place, and so have the values between.
 */
function stepsOfDouble({ value, decimals, ends }: OnGrid, whole: string): Node {
  const wide = ast.cast(value, 'DOUBLE')
  const scale = ast.cast(ast.integer(10n ** BigInt(decimals)), 'DOUBLE')
  const rounded = ast.call('round', [decimals === 0 ? wide : ast.call('*', [wide, scale])])
  const branch = (type: string, end: bigint) => ({
    when: ast.comparison(type, rounded, ast.cast(ast.text(end.toString()), 'DOUBLE')),
    result: ast.cast(ast.integer(end), whole),
  })
  const branches = [branch('COMPARE_GREATERTHANOREQUALTO', ends.high), branch('COMPARE_LESSTHANOREQUALTO', ends.low)]
  return ast.chooseFirst(branches, ast.cast(rounded, whole, true))
}

/** @param digits of the type it comes in, at least those of the ends; null for its own */
function clampedDecimal({ value, type, decimals, ends: { low, high } }: OnGrid, digits: number | null): Node {
  const most = 10n ** BigInt(decimalShape(type).width) - 1n
  // an end that every value is beyond needs a type that holds it
  const wider = low > most || high < -most
  const own = wider ? `DECIMAL(38,${decimals})` : type.sql
  const end = (steps: bigint) => ast.cast(ast.text(decimalText(steps, decimals)), own)
  const given = wider ? ast.cast(value, own) : value
  const clamped = between(given, low <= -most ? null : end(low), high >= most ? null : end(high))
  return digits === null ? clamped : ast.cast(clamped, `DECIMAL(${digits},${decimals})`)
}

function digitsOf({ low, high }: Ends, decimals: number): number {
  return Math.max(decimals, ...[low, high].map((end) => (end < 0n ? -end : end).toString().length))
}

/** So that nothing is left after the point. */
function timesPowerOfTen(value: Node, decimals: number): Node {
  if (decimals === 0) return value
  return ast.call('*', [value, ast.cast(ast.integer(10n ** BigInt(decimals)), `DECIMAL(${decimals + 1},0)`)])
}

function decimalText(steps: bigint, decimals: number): string {
  if (decimals === 0) return steps.toString()
  const digits = (steps < 0n ? -steps : steps).toString().padStart(decimals + 1, '0')
  return `${steps < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
