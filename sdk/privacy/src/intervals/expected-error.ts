import { columnOf, type NoisePlan, type NoisyColumn, type NoisyOutput } from '../accounting/noise-plan.ts'
import { approximate } from '../rational.ts'

// What people are shown before they spend anything: floating point, from public figures only, never from data.

/** What is assumed of a group: figures that the analyst supposes, or that are public. */
export interface GroupSize {
  readonly units: number
  /** rows with a value; one of each unit unless said */
  readonly rows?: number | undefined
}

/** The noise that one output is expected to have in a group of the size that was assumed. */
export interface ExpectedError {
  readonly name: string
  /** mean distance between noisy and exact value, in the output's own unit; of a quantile, in ranks */
  readonly absolute: number
  /**
   * the same as a part of what is `of`: of the number of units or rows; of a sum or mean over values in the middle of their bounds,
   * or half-way from it to a bound where the middle is 0; of the spread of values evenly between the bounds; of a quantile, of the
   * rows of the group
   */
  readonly relative: number
}

/** Sizes of groups where so many units are divided evenly among declared groups. */
export function evenGroups(units: number, declaredGroups: number): GroupSize {
  return { units: units / declaredGroups }
}

export function expectedErrors(plan: NoisePlan, size: GroupSize): readonly ExpectedError[] {
  return plan.outputs.map((output) => expectedError(plan, output, size))
}

/**
 * Units that a group needs so that every output is expected to be off by at most this part of its value. All errors fall as the
 * number of units and rows rises, at the same rate.
 */
export function unitsFor(plan: NoisePlan, relative: number): number {
  return Math.ceil(Math.max(...expectedErrors(plan, { units: 1 }).map((e) => e.relative)) / relative)
}

function expectedError(plan: NoisePlan, output: NoisyOutput, { units, rows = units }: GroupSize): ExpectedError {
  const of = (absolute: number, value: number) => ({ name: output.name, absolute, relative: absolute / value })
  switch (output.kind) {
    case 'count': {
      const column = columnOf(plan, output.count)
      return of(meanNoise(column), column.measure.kind === 'units' ? units : rows)
    }
    case 'sum': {
      const grid = approximate(output.steps.grid)
      const [own, ofCount] = [meanNoise(columnOf(plan, output.sum)), output.count === null ? 0 : Number(output.center)]
      const noise = output.count === null ? own : Math.hypot(own, ofCount * meanNoise(columnOf(plan, output.count)))
      return of(noise * grid, rows * typicalValue(output))
    }
    case 'avg': {
      // In the middle of the bounds, from where values are measured, the noise of the count cancels out.
      const noise = meanNoise(columnOf(plan, output.sum)) * approximate(output.steps.grid)
      return of(noise / rows, typicalValue(output))
    }
    case 'variance':
    case 'stddev':
      return spreadError(plan, output, rows)
    case 'quantile': {
      const ranks = meanRankDistance(columnOf(plan, output.quantile))
      return of(ranks, rows)
    }
  }
}

/** Of values evenly between the bounds, whose variance is a twelfth of the square of their distance. */
function spreadError(plan: NoisePlan, output: Extract<NoisyOutput, { kind: 'variance' | 'stddev' }>, rows: number) {
  const { steps, squareCenter } = output
  const grid = approximate(steps.grid)
  const width = Math.max(Number(steps.high - steps.low), 1)
  const variance = (width * width) / 12
  const ofCount = (variance - Number(squareCenter)) * meanNoise(columnOf(plan, output.count))
  const ofVariance = Math.hypot(meanNoise(columnOf(plan, output.squares)), ofCount) / rows
  const relative = output.kind === 'variance' ? ofVariance / variance : ofVariance / variance / 2
  const value = output.kind === 'variance' ? variance * grid * grid : Math.sqrt(variance) * grid
  return { name: output.name, absolute: relative * value, relative }
}

/** E|X|: 2p / (1 - p²) with p = e^(-1/t) of the discrete Laplace, and near σ·√(2/π) of the discrete Gaussian. */
function meanNoise({ mechanism, scale }: NoisyColumn): number {
  const value = approximate(scale)
  if (mechanism === 'discreteLaplace') return (-2 * Math.exp(-1 / value)) / Math.expm1(-2 / value)
  return Math.sqrt((2 * value) / Math.PI)
}

/** The mean of what `rankDistance` bounds: (ln D + 1) / γ. */
function meanRankDistance({ measure, scale }: NoisyColumn): number {
  if (measure.kind !== 'quantile') throw new RangeError('only a quantile has a rank')
  const quantile = approximate(measure.quantile)
  const points = Number(measure.steps.high - measure.steps.low) + 1
  return ((Math.log(points) + 1) * 2 * Math.max(quantile, 1 - quantile)) / approximate(scale)
}

function typicalValue({
  steps,
}: {
  readonly steps: { readonly low: bigint; readonly high: bigint; readonly grid: NoisyColumn['grid'] }
}) {
  const [low, high] = [Number(steps.low), Number(steps.high)]
  const middle = Math.abs(low + high) / 2
  return (middle > 0 ? middle : Math.max((high - low) / 4, 1)) * approximate(steps.grid)
}
