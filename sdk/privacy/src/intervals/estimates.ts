import { columnOf, type NoisePlan, type NoisyColumn, type NoisyOutput } from '../accounting/noise-plan.ts'
import { logarithm } from '../certified/elementary.ts'
import { ceilOf, enclose, times } from '../certified/enclosure.ts'
import { smaller } from '../larger.ts'
import { divide, maximum, multiply, type Rational, rational, subtract } from '../rational.ts'
import { halfWidth } from './half-width.ts'
import { anySpread, averageOf, averageWithin, spreadOf } from './moments.ts'
import { clip, type Range, rangeAbout, scaled } from './range.ts'

/** One output of one group. */
export interface Estimate {
  readonly name: string
  /** computed from the noisy numbers alone; null where they give none, as an average over no rows */
  readonly value: Rational | null
  readonly confidence: Confidence
}

/**
 * Where the exact value lies with the stated probability, over the noise. `values`: between the two. `ranks`: that of a
 * quantile has at most so many rows between it and the value given; which values these rows have would take more budget to say.
 */
export type Confidence = ({ readonly kind: 'values' } & Range) | { readonly kind: 'ranks'; readonly rows: bigint }

/** The noisy number of a column in one group, in steps of its grid. */
export type NoisyCell = (column: string) => bigint

/**
 * Makes the outputs of a plan out of noisy numbers, with intervals that hold for each output of each group by itself: widths are
 * computed once, cells by integers and quotients. Nothing here sees data, so it costs no privacy.
 * @param level probability of each interval
 * @throws RangeError unless the level lies between 0 and 1
 */
export function estimator(plan: NoisePlan, level: Rational = rational(19, 20)): (cell: NoisyCell) => readonly Estimate[] {
  const error = subtract(rational(1), level)
  if (error.numerator <= 0n || level.numerator <= 0n) throw new RangeError('a level lies between 0 and 1')
  const outputs = plan.outputs.map((output) => estimatorOf(plan, output, error))
  return (cell) => outputs.map((of) => of(cell))
}

function estimatorOf(plan: NoisePlan, output: NoisyOutput, error: Rational): (cell: NoisyCell) => Estimate {
  const { name } = output
  switch (output.kind) {
    case 'count': {
      const width = widthOf(columnOf(plan, output.count), error)
      return (cell) => {
        const noisy = cell(output.count)
        // a count is not negative; the noisy one may be, so that sums of cells stay right on average
        const from0 = { low: rational(0), high: maximum(rational(0), rational(noisy + width)) }
        return { name, value: rational(noisy), confidence: { kind: 'values', ...clip(rangeAbout(noisy, width), from0) } }
      }
    }
    case 'sum':
      return sumEstimator(plan, output, error)
    case 'avg':
      return averageEstimator(plan, output, error)
    case 'variance':
    case 'stddev':
      return spreadEstimator(plan, output, error)
    case 'quantile': {
      const column = columnOf(plan, output.quantile)
      const rows = rankDistance(column, error)
      return (cell) => ({
        name,
        value: multiply(rational(cell(output.quantile)), column.grid),
        confidence: { kind: 'ranks', rows },
      })
    }
  }
}

/** How much of the error the sum gets; the count gets the rest. */
const divisions = [rational(1, 2), rational(49, 50), rational(1, 50)]

function sumEstimator(
  plan: NoisePlan,
  { name, sum, count, center, steps }: Extract<NoisyOutput, { kind: 'sum' }>,
  error: Rational,
): (cell: NoisyCell) => Estimate {
  const width = count === null ? widthOf(columnOf(plan, sum), error) : sumWidth(plan, { sum, count, center }, error)
  return (cell) => {
    const total = cell(sum) + (count === null ? 0n : center * cell(count))
    const confidence = { kind: 'values', ...scaled(rangeAbout(total, width), steps.grid) } as const
    return { name, value: multiply(rational(total), steps.grid), confidence }
  }
}

/** Of the noise in sum + center·count, by a union bound with the division of the error that makes it smallest. */
function sumWidth(
  plan: NoisePlan,
  { sum, count, center }: { readonly sum: string; readonly count: string; readonly center: bigint },
  error: Rational,
): bigint {
  const factor = center < 0n ? -center : center
  return dividedWidths(plan, sum, count, error)
    .map(([ofSum, ofCount]) => ofSum + factor * ofCount)
    .reduce(smaller)
}

function dividedWidths(plan: NoisePlan, sum: string, count: string, error: Rational): readonly (readonly [bigint, bigint])[] {
  return divisions.map((part) => {
    const [ofSum, ofCount] = [multiply(error, part), multiply(error, subtract(rational(1), part))]
    return [widthOf(columnOf(plan, sum), ofSum), widthOf(columnOf(plan, count), ofCount)]
  })
}

function averageEstimator(
  plan: NoisePlan,
  output: Extract<NoisyOutput, { kind: 'avg' }>,
  error: Rational,
): (cell: NoisyCell) => Estimate {
  const { name, sum, count } = output
  const widths = dividedWidths(plan, sum, count, error)
  return (cell) => {
    const [total, rows] = [cell(sum), cell(count)]
    const ranges = widths.map(([q, p]) => ({ sum: rangeAbout(total, q), count: rangeAbout(rows, p) }))
    const value = averageOf(output, rational(total), rational(rows))
    return { name, value, confidence: { kind: 'values', ...averageWithin(output, ranges) } }
  }
}

function spreadEstimator(
  plan: NoisePlan,
  output: Extract<NoisyOutput, { kind: 'variance' | 'stddev' }>,
  error: Rational,
): (cell: NoisyCell) => Estimate {
  const { name, sum, count, squares } = output
  const each = divide(error, rational(3))
  const widths = [sum, count, squares].map((column) => widthOf(columnOf(plan, column), each))
  const momentsOf = (cell: NoisyCell, [q = 0n, p = 0n, s = 0n]: readonly bigint[]) => ({
    sum: rangeAbout(cell(sum), q),
    count: rangeAbout(cell(count), p),
    squares: rangeAbout(cell(squares), s),
  })
  return (cell) => {
    const value = spreadOf(output, momentsOf(cell, []))?.low ?? null
    const range = spreadOf(output, momentsOf(cell, widths)) ?? anySpread(output)
    return { name, value, confidence: { kind: 'values', ...range } }
  }
}

function widthOf({ mechanism, scale }: NoisyColumn, error: Rational): bigint {
  if (mechanism === 'exponential') throw new RangeError('a value that was drawn has no noise to bound')
  return halfWidth({ mechanism, scale }, error)
}

/**
 * A grid point whose rank is off by d is e^(-γ·d) times as likely as one with the right rank, of which there is one at least, with
 * γ = ε / 2·max(q, 1 - q). So all that are off by more than d have together at most the probability |D|·e^(-γ·d) of D grid points
 * (McSherry and Talwar 2007): `error` where d = ln(|D| / error) / γ.
 */
function rankDistance({ measure, scale }: NoisyColumn, error: Rational): bigint {
  if (measure.kind !== 'quantile') throw new RangeError('only a quantile has a rank')
  const { quantile, steps } = measure
  const skew = multiply(rational(2), maximum(quantile, subtract(rational(1), quantile)))
  const points = rational(steps.high - steps.low + 1n)
  return ceilOf(times(enclose(divide(skew, scale)), logarithm(enclose(divide(points, error)))))
}
