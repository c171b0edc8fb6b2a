import { add, compare, divide, maximum, minimum, multiply, type Rational, rational, subtract } from '../rational.ts'

/** All numbers from `low` to `high`. */
export interface Range {
  readonly low: Rational
  readonly high: Rational
}

export function rangeAbout(value: bigint, halfWidth: bigint): Range {
  return { low: rational(value - halfWidth), high: rational(value + halfWidth) }
}

/** The nearest range with both ends in `limits`. */
export function clip({ low, high }: Range, limits: Range): Range {
  return { low: clamp(low, limits), high: clamp(high, limits) }
}

export function clamp(value: Rational, { low, high }: Range): Rational {
  return minimum(maximum(value, low), high)
}

export function shifted({ low, high }: Range, by: Rational): Range {
  return { low: add(low, by), high: add(high, by) }
}

/** Of a factor that is positive, or 0. */
export function scaled({ low, high }: Range, factor: Rational): Range {
  return { low: multiply(low, factor), high: multiply(high, factor) }
}

/** a / b for any a and b in the ranges, where b is positive. */
export function quotient(a: Range, b: Range): Range {
  const zero = rational(0)
  return {
    low: divide(a.low, compare(a.low, zero) < 0 ? b.low : b.high),
    high: divide(a.high, compare(a.high, zero) < 0 ? b.high : b.low),
  }
}

/** a - m² for any a and m in the ranges. */
export function lessSquare(a: Range, m: Range): Range {
  const squares = [multiply(m.low, m.low), multiply(m.high, m.high)] as const
  const throughZero = compare(m.low, rational(0)) <= 0 && compare(m.high, rational(0)) >= 0
  const least = throughZero ? rational(0) : minimum(...squares)
  return { low: subtract(a.low, maximum(...squares)), high: subtract(a.high, least) }
}
