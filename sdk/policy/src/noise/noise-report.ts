import {
  approximate,
  type ExpectedError,
  estimator,
  expectedErrors,
  multiply,
  type NoisyColumn,
  type Spending,
  unitsFor,
} from '@reinraum/privacy'
import { columnsOf } from '../analysis/expression.ts'
import { countOf } from './domains.ts'
import type { NoisyCore, NoisyQuery } from './noisy-query.ts'

/** What noise a result has, for people who decide on it: from public figures only. */
export interface NoiseReport {
  readonly epsilon: number
  readonly delta: number
  /** each aggregation over rows, by each of its groupings: together they cost what the query spends */
  readonly cells: readonly NoiseOfCells[]
}

export interface NoiseOfCells {
  /** the block of the query that they are of, and what it groups them by */
  readonly block: string
  readonly groups: readonly string[]
  /** all groups that can come out; null where they come from the data */
  readonly declaredGroups: number | null
  /** a group comes out where its noisy number of units is at least this */
  readonly leastUnits: number
  /**
   * or where its noisy number of rows is: these are of `leastUnits` by what the owner states; null where
   * units are always counted
   */
  readonly enoughRows: number | null
  /** as far as groups that nobody declared ask for it */
  readonly tau: number | null
  /** units of datasets without noise that a group, and each number in it, has exactly, but with a probability of 10⁻⁶ each */
  readonly assuredUnits: number | null
  readonly measures: readonly NoiseOfMeasure[]
  readonly outputs: readonly NoiseOfOutput[]
  /** units that a group needs so that every output is expected to be off by at most a twentieth */
  readonly unitsForTwentieth: number
}

export interface NoiseOfMeasure {
  readonly measure: string
  readonly mechanism: NoisyColumn['mechanism']
  /** how far one unit moves all groups together, in the measure's own unit */
  readonly sensitivity: number
  /** discrete Laplace: its scale; discrete Gaussian: its standard deviation; exponential: the ε of one draw per row of a unit */
  readonly scale: number
  /** of a quantile whose grid is coarser than that of its values' type: what one step is worth */
  readonly step: number | null
}

export interface NoiseOfOutput {
  /** the columns of the block that are made of it */
  readonly columns: readonly string[]
  /** `values`: two columns beside it. `ranks`: it has at most so many rows between it and the exact quantile */
  readonly interval: 'values' | { readonly ranks: number }
  readonly expected: readonly (Omit<ExpectedError, 'name'> & { readonly units: number })[]
}

/** Sizes of groups of which the expected error is told. */
const sizes = [100, 1000, 10_000]

export function noiseReport({ cores }: NoisyQuery, { epsilon, delta = 0 }: Spending): NoiseReport {
  return { epsilon, delta, cells: cores.map(noiseOfCells) }
}

function noiseOfCells({ block, core, plan, declared, measured }: NoisyCore): NoiseOfCells {
  const coarse = new Set(measured.flatMap((m) => (m.of === 'values' && m.every > 1 ? [m.name] : [])))
  const shown = (is: (name: string) => boolean) =>
    block.select.filter(({ value }) => columnsOf(value).some((c) => c.table === 'c' && is(c.name))).map((item) => item.name)
  const confidences = estimator(plan)(() => 0n).map(({ confidence }) => confidence)
  const errors = sizes.map((units) => ({ units, errors: expectedErrors(plan, { units }) }))
  return {
    block: block.name,
    groups: core.groups.map(({ name }) => shown((c) => c === name)[0] ?? name),
    declaredGroups: declared === null ? null : countOf(declared),
    leastUnits: Number(plan.threshold?.minimum ?? 0n),
    enoughRows: plan.threshold?.spared == null ? null : Number(plan.threshold.spared.minimum),
    tau: plan.threshold?.tau == null ? null : Number(plan.threshold.tau.minimum),
    assuredUnits: plan.threshold?.assured == null ? null : Number(plan.threshold.assured.units),
    measures: plan.columns.map((column) => measureText(column, coarse)),
    outputs: plan.outputs.map(({ name }, i) => {
      const confidence = confidences[i]
      const expected = errors.flatMap(({ units, errors: all }) => {
        const found = all[i]
        return found === undefined ? [] : [{ units, absolute: found.absolute, relative: found.relative }]
      })
      return {
        columns: shown((c) => c === name),
        interval: confidence?.kind === 'ranks' ? { ranks: Number(confidence.rows) } : 'values',
        expected,
      }
    }),
    unitsForTwentieth: unitsFor(plan, 0.05),
  }
}

function measureText(
  { name, measure, mechanism, sensitivity, scale, grid }: NoisyColumn,
  coarse: ReadonlySet<string>,
): NoiseOfMeasure {
  const unit = approximate(grid)
  const gaussian = mechanism === 'discreteGaussian'
  return {
    measure: name,
    mechanism,
    sensitivity:
      mechanism === 'exponential'
        ? Number(sensitivity.l1)
        : (gaussian ? Math.sqrt(Number(sensitivity.l2Squared)) : Number(sensitivity.l1)) * unit,
    scale:
      mechanism === 'exponential'
        ? approximate(scale)
        : gaussian
          ? Math.sqrt(approximate(scale)) * unit
          : approximate(multiply(scale, grid)),
    step: measure.kind === 'quantile' && coarse.has(measure.values) ? unit : null,
  }
}
