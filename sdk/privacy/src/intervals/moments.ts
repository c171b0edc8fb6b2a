import type { NoisyOutput } from '../accounting/noise-plan.ts'
import { integerSquareRoot } from '../integer-square-root.ts'
import { add, compare, divide, maximum, multiply, type Rational, rational, subtract } from '../rational.ts'
import { clamp, clip, lessSquare, quotient, type Range, scaled, shifted } from './range.ts'

// A quotient of noisy numbers has no noise of known size, but the numbers do: where each of k exact numbers lies in its range
// with probability 1 - 5 %/k, all do with 95 % (union bound), and then what is computed from them lies between the least and the
// most that can be computed from these ranges. What bounds and definitions rule out is cut off.
//
// For the average r = S/C this is Fieller's set { r : |S - r·C| ≤ q + |r|·p }, of noise of at most q in S and p in C: at the true r
// the left side is |N - r·M|, of the noise N and M alone. Dividing the 5 % otherwise gives other q and p for the same left side,
// so whichever is the smallest at the true r holds with 95 %, and what lies in all of these sets does. Where one noise hardly
// matters this is as narrow as an interval for the other. Sets that are not between two numbers, where C may be 0, are left out.

/** What the exact sum, count and sum of squares may be; noisy numbers are ranges of one. */
export interface Moments {
  readonly sum: Range
  readonly count: Range
  readonly squares: Range
}

type Average = Extract<NoisyOutput, { kind: 'avg' }>
type Variance = Extract<NoisyOutput, { kind: 'variance' | 'stddev' }>

/** The average of exact numbers, or of noisy ones taken for exact; null where the count is less than 1. */
export function averageOf({ center, steps }: Average, sum: Rational, count: Rational): Rational | null {
  if (compare(count, rational(1)) < 0) return null
  const mean = add(rational(center), divide(sum, count))
  return multiply(clamp(mean, { low: rational(steps.low), high: rational(steps.high) }), steps.grid)
}

/** What lies in the set of each division of the error; all values between the bounds where there is none. */
export function averageWithin({ center, steps }: Average, divisions: readonly Omit<Moments, 'squares'>[]): Range {
  const bounds = { low: rational(steps.low), high: rational(steps.high) }
  // each of them is about S/C
  const sets = divisions.flatMap(({ sum, count }) =>
    compare(count.low, rational(0)) > 0 ? [shifted(quotient(sum, count), rational(center))] : [],
  )
  return scaled(clip(sets.length === 0 ? bounds : sets.reduce(clip), bounds), steps.grid)
}

/** Null where the count may not be 1 or more, or 2 of a sample. */
export function spreadOf(output: Variance, { sum, count, squares }: Moments): Range | null {
  const { center, steps, squareCenter, of, kind } = output
  const rows = atLeast(count, of === 'sample' ? 2n : 1n)
  if (rows === null) return null
  const bounds = { low: rational(steps.low - center), high: rational(steps.high - center) }
  const mean = clip(quotient(sum, rows), bounds)
  const meanSquare = shifted(quotient(squares, rows), rational(squareCenter))
  const largest = rational((steps.high - steps.low) ** 2n, 4n)
  const population = clip(lessSquare(meanSquare, mean), { low: rational(0), high: largest })
  const variance = of === 'population' ? population : ofSample(population, rows)
  if (kind === 'variance') return scaled(variance, multiply(steps.grid, steps.grid))
  return scaled({ low: rootBelow(variance.low), high: rootAbove(variance.high) }, steps.grid)
}

/** n / (n - 1) times the variance of the population falls with n. */
function ofSample({ low, high }: Range, rows: Range): Range {
  const factor = (n: Rational) => divide(n, subtract(n, rational(1)))
  return { low: multiply(low, factor(rows.high)), high: multiply(high, factor(rows.low)) }
}

function atLeast({ low, high }: Range, least: bigint): Range | null {
  return compare(high, rational(least)) < 0 ? null : { low: maximum(low, rational(least)), high }
}

/** Roots are of variances in squared steps, to 2⁻³² of a step. */
const places = 32n

function rootBelow({ numerator, denominator }: Rational): Rational {
  return rational(integerSquareRoot((numerator << (2n * places)) / denominator), 1n << places)
}

function rootAbove(square: Rational): Rational {
  const below = rootBelow(square)
  return compare(multiply(below, below), square) === 0 ? below : add(below, rational(1n, 1n << places))
}

/** All values that the bounds leave a variance or standard deviation. */
export function anySpread({ steps: { low, high, grid }, of, kind }: Variance): Range {
  // of a sample at most twice that of the population, where it is of two
  const variance = rational((high - low) ** 2n, of === 'sample' ? 2n : 4n)
  const most = kind === 'variance' ? multiply(variance, grid) : rootAbove(variance)
  return scaled({ low: rational(0), high: most }, grid)
}
