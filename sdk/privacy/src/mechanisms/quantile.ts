import { ceil, floor, type Rational, rational } from '../rational.ts'
import { exponentialWeightsSampler, type Interval } from '../sampling/exponential-weights.ts'
import { operatingSystemRandomness, type RandomSource } from '../sampling/random-source.ts'
import { type Ranks, ranksOf, type ValueCount } from './ranks.ts'

export interface QuantileQuery {
  /** the grid points that can come out, public; values of rows are clamped to them before */
  readonly bounds: Interval
  /** which quantile, from 0 to 1; the median is 1/2 */
  readonly quantile: Rational
  /** what one draw costs */
  readonly epsilon: Rational
  /** rows that one privacy unit has in this cell, at most */
  readonly rowsPerUnit: bigint
}

/**
 * Draws a grid point near a quantile of one cell by the exponential mechanism (McSherry, Talwar 2007; for quantiles Smith 2011),
 * exactly. y comes out with probability proportional to exp(-ε·d(y) / 2Δ), where d(y) is how far the quantile's rank q·n is from
 * the ranks that y has among the n rows, from the rows below y to the rows up to y, and 0 if it is one of them.
 *
 * Adding or removing a row changes d(y) by at most max(q, 1 - q), so that a unit with k rows changes it by Δ = k·max(q, 1 - q) and
 * each draw is ε-differentially private for adding or removing one unit of this cell. Its privacy loss has range ε (Durfee, Rogers
 * 2019), so that it is ε²/8-zCDP as well (Cesar, Rogers 2021). An empty cell gives every grid point alike.
 * @param cell ascending by value; only its counts matter, not the rows themselves
 * @param random for tests; draws come from the operating system's randomness
 * @throws RangeError if the query or the cell is not as described
 */
export function quantileSampler(
  cell: readonly ValueCount[],
  query: QuantileQuery,
  random: RandomSource = operatingSystemRandomness,
): () => bigint {
  const { bounds, epsilon } = query
  requireSound(query)
  if (cell.some(({ value }) => value < bounds.low || value > bounds.high)) throw new RangeError('values lie within the bounds')
  const { numerator: a, denominator: b } = rational(query.quantile.numerator, query.quantile.denominator)
  const ranks = ranksOf(cell)
  const target = a * ranks.rows
  // Distances are b·d, which is an integer; γ = ε·b·d / 2·k·max(a, b - a), where 2·max(a, b - a) = b + |2a - b|.
  const skew = 2n * a - b
  const denominator = epsilon.denominator * query.rowsPerUnit * (b + (skew < 0n ? -skew : skew))
  return exponentialWeightsSampler(
    {
      all: bounds,
      gamma: (y) => ({ numerator: epsilon.numerator * distanceOf(ranks, target, b, y), denominator }),
      // γ < level where b·d is less than this, hence at most one less than its ceiling
      below: (level) => {
        const limit = ceil({ numerator: level * denominator, denominator: epsilon.numerator })
        return within(ranks, target, b, limit - 1n, bounds)
      },
    },
    random,
  )
}

/** b times the distance of the rank target / b from those that `y` has. */
function distanceOf(ranks: Ranks, target: bigint, b: bigint, y: bigint): bigint {
  const above = b * ranks.below(y) - target
  if (above > 0n) return above
  const short = target - b * ranks.upTo(y)
  return short > 0n ? short : 0n
}

/** The grid points whose distance is at most `distance`: they lie between two rows, or reach to a bound. */
function within(ranks: Ranks, target: bigint, b: bigint, distance: bigint, bounds: Interval): Interval {
  // No more than `highest` rows lie below the point, and `lowest` rows or more up to it.
  const highest = floor({ numerator: target + distance, denominator: b })
  const lowest = ceil({ numerator: target - distance, denominator: b })
  return {
    low: lowest < 1n ? bounds.low : ranks.valueAt(lowest),
    high: highest >= ranks.rows ? bounds.high : ranks.valueAt(highest + 1n),
  }
}

function requireSound({ bounds, quantile, epsilon, rowsPerUnit }: QuantileQuery): void {
  if (bounds.low > bounds.high) throw new RangeError('the lower bound is at most the upper one')
  if (quantile.numerator < 0n || quantile.numerator > quantile.denominator) throw new RangeError('a quantile lies from 0 to 1')
  if (epsilon.numerator <= 0n) throw new RangeError('ε is positive')
  if (rowsPerUnit <= 0n) throw new RangeError('a unit has a row at least')
}
