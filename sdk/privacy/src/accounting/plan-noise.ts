import { maximum, minimum, multiply, type Rational, rational } from '../rational.ts'
import { type Asked, layOut, type Part, reachOfRow } from './asked.ts'
import type { Mechanism } from './charge-of.ts'
import {
  type Contribution,
  groupsOf,
  type Sensitivity,
  sensitivityOfRows,
  sensitivityOfSum,
  sensitivityOfUnits,
} from './contribution.ts'
import type { NoisePlan, NoisyColumn } from './noise-plan.ts'
import { type NoiseRefusal, refuse } from './noise-refusal.ts'
import { mechanismOf, type NoiseTerm, type Purchase, purchaseOf, requirePaid } from './purchase.ts'
import { costOf, type Share, scaleFor } from './scale.ts'
import { split } from './split.ts'
import { type ThresholdLimits, thresholdOf } from './threshold.ts'

export type NoisePlanOutcome = { readonly outcome: 'planned'; readonly plan: NoisePlan } | NoiseRefusal

/** What a query needs noise for. */
export interface NoiseRequest {
  readonly contribution: Contribution
  /** how many groups there are, where all of them are declared; null where groups come from the data */
  readonly declaredGroups: number | null
  /** noisy units that a group has, at least, or it is not shown; 0 shows all declared groups */
  readonly minimumGroupSize: number
  /**
   * units that every group shown has exactly, but with a probability of 10⁻⁶ each: what a dataset without noise is promised that is
   * joined with one that has noise. Groups, and outputs by the units `behind` them, are hidden up to a margin above that.
   */
  readonly assuredUnits?: number | undefined
  readonly asked: readonly Asked[]
  /** of the noisy number of units where only the threshold needs it; 1 without it */
  readonly thresholdWeight?: number | undefined
}

/**
 * The noise with which a query costs each of its datasets no more than `chargeOf` says: the least that is enough for all of them.
 * A pure function of what is public, so the guard's plan on an analyst's machine is the enclave's.
 * @throws RangeError if there is no dataset
 */
export function planNoise(request: NoiseRequest, terms: readonly NoiseTerm[]): NoisePlanOutcome {
  if (terms.length === 0) throw new RangeError('noise is for a dataset whose rule asks for it')
  const contribution = contributionWithin(request)
  if (contribution === null) return refuse('contribution-malformed')
  const assured = request.assuredUnits ?? null
  const hidden = request.minimumGroupSize > 0 || request.declaredGroups === null || assured !== null
  const layout = layOut(request.asked, hidden ? (request.thresholdWeight ?? 1) : null, assured !== null)
  if (typeof layout === 'string') return refuse(layout)
  const sensitivities = layout.parts.map((part) => sensitivityOf(part, contribution))
  const missing = sensitivities.indexOf(null)
  if (missing >= 0) return refuse(layout.parts[missing]?.measure.kind === 'units' ? 'groups-unbounded' : 'rows-unbounded')

  const mechanism = mechanismOf(terms)
  const bought: Purchase[] = []
  for (const term of terms) {
    const purchase = purchaseOf(term, mechanism, request.declaredGroups !== null)
    if ('outcome' in purchase) return purchase
    bought.push(purchase)
  }
  const columns: NoisyColumn[] = []
  for (const [i, part] of layout.parts.entries()) {
    const column = columnFor(part, sensitivities[i] as Sensitivity, mechanism, sharesOf(i, layout.parts, bought))
    if (column === null) return refuse('epsilon-too-small')
    columns.push(column)
  }
  const threshold = hidden ? thresholdOf(columns, limits(request, contribution, bought, layout.behind)) : null
  const cost = { ...costOf(columns), delta: threshold?.tau?.delta ?? rational(0) }
  requirePaid(cost, bought)
  return { outcome: 'planned', plan: { columns, outputs: layout.outputs, threshold, cost } }
}

function sharesOf(index: number, parts: readonly Part[], bought: readonly Purchase[]): readonly Share[] {
  const weights = parts.map((p) => p.weight)
  return bought.map(({ loss }) => ({ as: loss.as, amount: split(loss.amount, weights)[index] ?? 0n }))
}

/** The least noise that is enough for every dataset. */
function columnFor(part: Part, sensitivity: Sensitivity, mechanism: Mechanism, shares: readonly Share[]): NoisyColumn | null {
  const { name, measure } = part
  const drawn = measure.kind === 'quantile' ? 'exponential' : mechanism
  let scale: Rational | null = null
  for (const share of shares) {
    const enough = scaleFor(drawn, sensitivity, share)
    if (enough === null || enough.numerator === 0n) return null
    scale = scale === null ? enough : drawn === 'exponential' ? minimum(scale, enough) : maximum(scale, enough)
  }
  const [first] = shares
  if (scale === null || first === undefined) return null
  return { name, measure, mechanism: drawn, sensitivity, scale, grid: gridOf(part), shares }
}

function gridOf({ measure }: Part): Rational {
  switch (measure.kind) {
    case 'units':
    case 'rows':
    case 'distinct':
      return rational(1)
    case 'sum':
    case 'quantile':
      return measure.steps.grid
    case 'squares':
      return multiply(measure.steps.grid, measure.steps.grid)
  }
}

function sensitivityOf({ measure }: Part, contribution: Contribution): Sensitivity | null {
  if (measure.kind === 'units' || (measure.kind === 'distinct' && measure.units)) return sensitivityOfUnits(contribution)
  const rows = sensitivityOfRows(contribution)
  if (rows === null || measure.kind === 'rows' || measure.kind === 'distinct' || measure.kind === 'quantile') return rows
  return sensitivityOfSum(rows, reachOfRow(measure))
}

function limits(
  { declaredGroups, minimumGroupSize: minimum, assuredUnits }: NoiseRequest,
  contribution: Contribution,
  bought: readonly Purchase[],
  behind: ReadonlyMap<string, string>,
): ThresholdLimits {
  const deltas = declaredGroups === null ? bought.map((b) => b.delta) : null
  return { groups: groupsOf(contribution) ?? 0n, minimum, deltas, assured: assuredUnits ?? null, behind }
}

/** Null unless all bounds are positive integers. */
function contributionWithin({
  contribution,
  declaredGroups,
  minimumGroupSize,
  assuredUnits = 1,
}: NoiseRequest): Contribution | null {
  if (!(Number.isSafeInteger(minimumGroupSize) && minimumGroupSize >= 0)) return null
  const bounds = [assuredUnits, contribution.groups, contribution.rows, contribution.rowsPerGroup, declaredGroups ?? undefined]
  if (bounds.some((n) => n !== undefined && !(Number.isSafeInteger(n) && n > 0))) return null
  if (declaredGroups === null) return contribution
  return { ...contribution, groups: Math.min(contribution.groups ?? declaredGroups, declaredGroups) }
}
