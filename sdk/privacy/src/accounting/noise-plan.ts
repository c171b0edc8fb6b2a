import type { Rational } from '../rational.ts'
import type { Sensitivity } from './contribution.ts'
import type { Steps } from './grid.ts'
import type { Share } from './scale.ts'

/** What is measured in each group, exactly and as an integer, before noise. Counts are of rows that have the value. */
export type Measure =
  | { readonly kind: 'units' }
  | { readonly kind: 'rows'; readonly rows: string }
  /** `units`: the values are units, of which one adds at most 1 to a group, however many rows it has there */
  | { readonly kind: 'distinct'; readonly values: string; readonly units?: true }
  /** Σ (x - center) over the clamped values x, in steps of their grid */
  | { readonly kind: 'sum'; readonly values: string; readonly center: bigint; readonly steps: Steps }
  /** Σ ((x - center)² - squareCenter), in squared steps */
  | {
      readonly kind: 'squares'
      readonly values: string
      readonly center: bigint
      readonly squareCenter: bigint
      readonly steps: Steps
    }
  /** the clamped values themselves, for the exponential mechanism */
  | { readonly kind: 'quantile'; readonly values: string; readonly quantile: Rational; readonly steps: Steps }

/**
 * One noisy value per group.
 *
 * `scale` is what the samplers take: of the discrete Laplace t, with P[x] in proportion to e^(-|x|/t); of the discrete Gaussian
 * σ², with P[x] in proportion to e^(-x²/2σ²); of the exponential mechanism the ε of one draw per row of a unit, for
 * `quantileSampler` with `rowsPerUnit` 1.
 */
export interface NoisyColumn {
  readonly name: string
  readonly measure: Measure
  readonly mechanism: 'discreteLaplace' | 'discreteGaussian' | 'exponential'
  /** in steps of the grid; of the exponential mechanism in rows */
  readonly sensitivity: Sensitivity
  readonly scale: Rational
  /** what one step of the noisy integer is worth */
  readonly grid: Rational
  /** its part of what the query spends: one for each dataset that asks for noise */
  readonly shares: readonly Share[]
}

/** What an analyst asked for, and from which noisy columns it is computed. */
export type NoisyOutput =
  | { readonly name: string; readonly kind: 'count'; readonly count: string }
  /** sum + center·count; without `count` the center is 0 */
  | {
      readonly name: string
      readonly kind: 'sum'
      readonly sum: string
      readonly count: string | null
      readonly center: bigint
      readonly steps: Steps
    }
  | {
      readonly name: string
      readonly kind: 'avg'
      readonly sum: string
      readonly count: string
      readonly center: bigint
      readonly steps: Steps
    }
  | {
      readonly name: string
      readonly kind: 'variance' | 'stddev'
      /** of a sample (divided by n - 1), or of the population (by n) */
      readonly of: 'sample' | 'population'
      readonly squares: string
      readonly sum: string
      readonly count: string
      readonly center: bigint
      readonly squareCenter: bigint
      readonly steps: Steps
    }
  | { readonly name: string; readonly kind: 'quantile'; readonly quantile: string }

/** A group is shown where the noisy number of its units is at least `minimum`. */
export interface Threshold {
  readonly column: string
  readonly minimum: bigint
  /** where groups are not declared: the least minimum that hides groups of one unit but with probability `delta` */
  readonly tau: { readonly minimum: bigint; readonly delta: Rational } | null
  /** null where no dataset without noise of its own is promised a number of units */
  readonly assured: Assured | null
  /** null where the units of every group are counted */
  readonly spared: Spared | null
}

/**
 * A group whose noisy number of rows, or of rows with a value, is at least `minimum` is shown without a look at its units: so many
 * rows are of enough of them. It is decided by a noisy number, and the units of the others are paid for whether they
 * are counted or not.
 */
export interface Spared {
  readonly column: string
  readonly minimum: bigint
}

/**
 * What is shown has at least `units` exactly, but with a probability of 10⁻⁶ for each number shown. `minimum` is what the noisy
 * number has to reach for that.
 */
export interface Assured {
  readonly units: bigint
  readonly minimum: bigint
  /** outputs that are not shown unless their own column reaches their own minimum */
  readonly outputs: readonly { readonly output: string; readonly column: string; readonly minimum: bigint }[]
}

/** What the noise of all columns and groups costs, at most: exact sums, before they are rounded to a charge. */
export interface NoiseCost {
  /** null where noise is Gaussian, which is no pure differential privacy */
  readonly epsilon: Rational | null
  readonly rho: Rational
  /** of the threshold */
  readonly delta: Rational
}

export interface NoisePlan {
  readonly columns: readonly NoisyColumn[]
  readonly outputs: readonly NoisyOutput[]
  readonly threshold: Threshold | null
  readonly cost: NoiseCost
}

/** @throws RangeError if the plan has no such column */
export function columnOf({ columns }: Pick<NoisePlan, 'columns'>, name: string): NoisyColumn {
  const column = columns.find((c) => c.name === name)
  if (column === undefined) throw new RangeError(`no noisy column ${name}`)
  return column
}
