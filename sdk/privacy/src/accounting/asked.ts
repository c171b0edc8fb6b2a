import { isDeepStrictEqual } from 'node:util'
import { larger } from '../larger.ts'
import { parseDecimal, type Rational } from '../rational.ts'
import { type ClampedValues, centerOf, reachOf, type Steps, stepsOf } from './grid.ts'
import type { Measure, NoisyOutput } from './noise-plan.ts'

/** One output column of a query, by the aggregate that it is. */
export type Asked = {
  readonly name: string
  /** how much of the query's loss it gets beside the others: an integer from 1 to a million, 1 without it */
  readonly weight?: number | undefined
  /** the units without which it is not shown, where the request assures units: by this name their distinct number is measured */
  readonly behind?: string | undefined
} & (
  | { readonly aggregate: 'countUnits' }
  | { readonly aggregate: 'count'; readonly rows: string }
  | { readonly aggregate: 'countDistinct'; readonly values: string }
  | ({ readonly aggregate: 'sum' | 'avg' } & ClampedValues)
  | ({ readonly aggregate: 'variance' | 'stddev'; readonly of: 'sample' | 'population' } & ClampedValues)
  /** `quantile` is a decimal from 0 to 1; the median is 0.5 */
  | ({ readonly aggregate: 'quantile'; readonly quantile: string | number } & ClampedValues)
)

/** What is measured once for all outputs that need it, and the sum of the weights that they give it. */
export interface Part {
  readonly name: string
  readonly measure: Measure
  readonly weight: bigint
}

export interface Layout {
  readonly parts: readonly Part[]
  readonly outputs: readonly NoisyOutput[]
  /** by output, the part that counts the units behind it */
  readonly behind: ReadonlyMap<string, string>
  /** the part that counts rows, where enough of them spare counting units */
  readonly spared: string | null
}

export const layoutFaults = [
  'nothing-asked',
  'weight-malformed',
  'bounds-missing',
  'grid-malformed',
  'quantile-malformed',
  'values-ambiguous',
] as const
export type LayoutFault = (typeof layoutFaults)[number]

/** Leaves the layout of one output where it is not as described. */
class Fault extends Error {
  readonly code: LayoutFault
  constructor(code: LayoutFault) {
    super(code)
    this.code = code
  }
}

/**
 * The parts that outputs are computed from, each measured once: `avg` from a sum and a count, `variance` from squares too. The
 * weight of an output is shared evenly by its parts, so an output that others need nothing of has its whole weight.
 *
 * Values are measured from the middle of their bounds where a count is noisy anyhow, so that a row adds half as much at most; a
 * sum alone is measured from 0 and needs no count.
 * @param threshold the weight of each noisy number of units that hides what is of few; null where nothing is hidden
 * @param assured whether the units behind single outputs are counted as well
 * @param rows by this name all rows are measured where a number of rows may spare counting units, and nothing asked is one; it gets
 * half of the threshold's weight then
 */
export function layOut(asked: readonly Asked[], threshold: number | null, assured: boolean, rows?: string): Layout | LayoutFault {
  if (asked.length === 0) return 'nothing-asked'
  const parts = new Map<string, Part>()
  const add = (measure: Measure, weight: bigint): string => {
    const name = nameOf(measure)
    const known = parts.get(name)
    // A part measured by the bounds of another would get noise for those.
    if (known !== undefined && !isDeepStrictEqual(known.measure, measure)) throw new Fault('values-ambiguous')
    parts.set(name, { name, measure, weight: (known?.weight ?? 0n) + weight })
    return name
  }
  const centered = new Set(asked.flatMap((a) => (isCentered(a) ? [a.values] : [])))
  try {
    const outputs = asked.map((a) => outputOf(a, centered, add))
    const counted = asked.some((a) => a.aggregate === 'countUnits')
    const countsRows = [...parts.values()].filter(({ measure }) => measure.kind === 'rows').map(({ name }) => name)
    const known = countsRows.find((name) => name === `rows ${rows}`) ?? countsRows[0]
    let spared: string | null = null
    if (threshold !== null && !counted) {
      const weight = weightOf(threshold)
      if (rows !== undefined) spared = known ?? add({ kind: 'rows', rows }, weight / 2n)
      add({ kind: 'units' }, rows === undefined || known !== undefined ? weight : weight / 2n)
    }
    const behind = new Map<string, string>()
    for (const { name, behind: values } of assured ? asked : []) {
      if (values === undefined) continue
      // once for all outputs of the same units
      const known = parts.has(`distinct ${values}`)
      behind.set(name, add({ kind: 'distinct', values, units: true }, known ? 0n : weightOf(threshold ?? 1)))
    }
    return { parts: [...parts.values()], outputs, behind, spared }
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
}

function isCentered(asked: Asked): asked is Extract<Asked, { aggregate: 'avg' | 'variance' | 'stddev' }> {
  return asked.aggregate === 'avg' || asked.aggregate === 'variance' || asked.aggregate === 'stddev'
}

type Add = (measure: Measure, weight: bigint) => string

function outputOf(asked: Asked, centered: ReadonlySet<string>, add: Add): NoisyOutput {
  const { name } = asked
  const weight = weightOf(asked.weight)
  switch (asked.aggregate) {
    case 'countUnits':
      return { name, kind: 'count', count: add({ kind: 'units' }, weight) }
    case 'count':
      return { name, kind: 'count', count: add({ kind: 'rows', rows: asked.rows }, weight) }
    case 'countDistinct':
      return { name, kind: 'count', count: add({ kind: 'distinct', values: asked.values }, weight) }
    case 'sum': {
      const steps = gridOf(asked)
      if (centered.has(asked.values)) return { name, kind: 'sum', ...centeredSum(asked, steps, weight / 2n, add) }
      const sum = add({ kind: 'sum', values: asked.values, center: 0n, steps }, weight)
      return { name, kind: 'sum', sum, count: null, center: 0n, steps }
    }
    case 'avg':
      return { name, kind: 'avg', ...centeredSum(asked, gridOf(asked), weight / 2n, add) }
    case 'variance':
    case 'stddev': {
      const steps = gridOf(asked)
      const { values, of } = asked
      const moments = centeredSum(asked, steps, weight / 3n, add)
      const squareCenter = reachOf(steps, moments.center) ** 2n / 2n
      const squares = add({ kind: 'squares', values, center: moments.center, squareCenter, steps }, weight / 3n)
      return { name, kind: asked.aggregate, of, squares, squareCenter, ...moments }
    }
    case 'quantile': {
      const measure = {
        kind: 'quantile',
        values: asked.values,
        quantile: quantileOf(asked.quantile),
        steps: gridOf(asked),
      } as const
      return { name, kind: 'quantile', quantile: add(measure, weight) }
    }
  }
}

function centeredSum({ values, rows = values }: ClampedValues, steps: Steps, weight: bigint, add: Add) {
  const center = centerOf(steps)
  return { sum: add({ kind: 'sum', values, center, steps }, weight), count: add({ kind: 'rows', rows }, weight), center, steps }
}

/** In sixths: the parts of an output are one, two or three. */
function weightOf(weight = 1): bigint {
  if (!Number.isInteger(weight) || weight < 1 || weight > 1_000_000) throw new Fault('weight-malformed')
  return 6n * BigInt(weight)
}

function gridOf(values: ClampedValues): Steps {
  if (values.bounds === undefined) throw new Fault('bounds-missing')
  const steps = stepsOf(values)
  if (steps === null) throw new Fault('grid-malformed')
  return steps
}

function quantileOf(text: string | number): Rational {
  try {
    const quantile = parseDecimal(text)
    if (quantile.numerator >= 0n && quantile.numerator <= quantile.denominator) return quantile
  } catch {
    // no decimal
  }
  throw new Fault('quantile-malformed')
}

function nameOf(measure: Measure): string {
  switch (measure.kind) {
    case 'units':
      return 'units'
    case 'rows':
      return `rows ${measure.rows}`
    case 'distinct':
      return `distinct ${measure.values}`
    case 'sum':
    case 'squares':
      return `${measure.kind} ${measure.values}`
    case 'quantile':
      return `quantile ${measure.quantile.numerator}/${measure.quantile.denominator} ${measure.values}`
  }
}

/** What one row adds to the measure at most, up or down, in steps; 1 where all values are the same, so that noise has a scale. */
export function reachOfRow(measure: Extract<Measure, { kind: 'sum' | 'squares' }>): bigint {
  const reach = reachOf(measure.steps, measure.center)
  // (x - center)² lies between 0 and reach², and from it squareCenter is taken
  const most = measure.kind === 'sum' ? reach : larger(measure.squareCenter, reach * reach - measure.squareCenter)
  return larger(most, 1n)
}
