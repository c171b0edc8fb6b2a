import { larger } from '../larger.ts'
import { ceil, divide, floor, parseDecimal, type Rational, rational } from '../rational.ts'

/** Values that are clamped to bounds and rounded to multiples of every·10^-decimals before they are aggregated. */
export interface ClampedValues {
  /** names the values: equal text, equal values of equal rows */
  readonly values: string
  /**
   * names the rows that have a value, where others have none or are filtered out; without it, they are only
   * those of these values
   */
  readonly rows?: string | undefined
  /** public; without them nothing bounds what a row adds */
  readonly bounds?: readonly [number, number] | undefined
  /** of the grid, from 0 to 18 */
  readonly decimals: number
  /** so many of its points make a step: a positive integer, 1 without it */
  readonly every?: number | undefined
}

/** The same as integers: steps of the grid from `low` to `high`, both of them grid points within the bounds. */
export interface Steps {
  readonly low: bigint
  readonly high: bigint
  /** what one step is worth */
  readonly grid: Rational
}

/** Null where there are no bounds, no grid point lies between them, or the grid is not as described. */
export function stepsOf({ bounds, decimals, every = 1 }: Pick<ClampedValues, 'bounds' | 'decimals' | 'every'>): Steps | null {
  const [low, high] = bounds ?? [Number.NaN, Number.NaN]
  if (!Number.isFinite(low) || !Number.isFinite(high) || !Number.isInteger(decimals) || decimals < 0 || decimals > 18) return null
  if (!Number.isInteger(every) || every < 1) return null
  const grid = rational(BigInt(every), 10n ** BigInt(decimals))
  const steps = { low: ceil(divide(parseDecimal(low), grid)), high: floor(divide(parseDecimal(high), grid)) }
  return steps.low > steps.high ? null : { ...steps, grid }
}

/** The grid point in the middle: values less it are half as large as those of bounds from 0. */
export function centerOf({ low, high }: Steps): bigint {
  return floor(rational(low + high, 2n))
}

/** How far from `center` a value can be. */
export function reachOf({ low, high }: Steps, center: bigint): bigint {
  return larger(center - low, high - center)
}
