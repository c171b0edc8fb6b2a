import { add, approximate, maximum, minimum, multiply, type Rational, rational } from '../rational.ts'
import { type Asked, type Layout, layOut, type Part, reachOfRow } from './asked.ts'
import type { Mechanism } from './charge-of.ts'
import {
  type Contribution,
  groupsOf,
  type Sensitivity,
  sensitivityOfRows,
  sensitivityOfSum,
  sensitivityOfUnits,
} from './contribution.ts'
import type { NoiseCost, NoisePlan, NoisyColumn } from './noise-plan.ts'
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
  /**
   * so many rows one unit has at most, where units are not counted if that is enough to know, and by which name
   * all rows are measured
   */
  readonly sparing?: { readonly rowsPerUnit: number; readonly rows: string } | undefined
  /** of the noisy number of units where only the threshold needs it; 1 without it */
  readonly thresholdWeight?: number | undefined
}

export type NoisePlansOutcome = { readonly outcome: 'planned'; readonly plans: readonly NoisePlan[] } | NoiseRefusal

/**
 * The noise with which a query costs each of its datasets no more than `chargeOf` says: the least that is enough for all of them.
 * A pure function of what is public, so the guard's plan on an analyst's machine is the enclave's.
 * @throws RangeError if there is no dataset
 */
export function planNoise(request: NoiseRequest, terms: readonly NoiseTerm[]): NoisePlanOutcome {
  const outcome = planNoiseTogether([request], terms)
  if (outcome.outcome === 'refused') return outcome
  const [plan] = outcome.plans
  if (plan === undefined) throw new Error('a request that is not refused has a plan')
  return { outcome: 'planned', plan }
}

/**
 * The same for a query that measures several histograms, such as groups and their total: all of their parts share what it spends by
 * their weights, and those whose groups are not declared share the δ of thresholds evenly. Which of them are measured first, and
 * whether later ones depend on noisy numbers of earlier ones, makes no difference to what they cost
 * together: composition is adaptive.
 * @returns a plan for each request, in their order
 * @throws RangeError if there is no dataset, or no request
 */
export function planNoiseTogether(requests: readonly NoiseRequest[], terms: readonly NoiseTerm[]): NoisePlansOutcome {
  if (terms.length === 0 || requests.length === 0) throw new RangeError('noise is for a dataset whose rule asks for it')
  const all: Prepared[] = []
  for (const request of requests) {
    const prepared = prepare(request)
    if ('outcome' in prepared) return prepared
    all.push(prepared)
  }
  const mechanism = mechanismOf(terms)
  const planned = planWith(all, terms, mechanism)
  // what is drawn by the exponential mechanism alone is pure ε too, which buys more than its way over ρ while there are few columns
  const pure = mechanism === 'discreteGaussian' && all.every(isExponential) ? planWith(all, terms, 'discreteLaplace') : planned
  return spentBy(pure) > spentBy(planned) ? pure : planned
}

function isExponential({ layout }: Prepared): boolean {
  return layout.parts.every(({ measure }) => measure.kind === 'quantile')
}

/** How much of what was bought arrives in numbers. */
function spentBy(outcome: NoisePlansOutcome): number {
  return outcome.outcome === 'refused' ? 0 : approximate(costOfAll(outcome.plans).rho)
}

function planWith(all: readonly Prepared[], terms: readonly NoiseTerm[], mechanism: Mechanism): NoisePlansOutcome {
  const undeclared = all.filter(({ request }) => request.declaredGroups === null).length
  const bought: Purchase[] = []
  for (const term of terms) {
    const purchase = purchaseOf(term, mechanism, undeclared === 0)
    if ('outcome' in purchase) return purchase
    // of less than there are thresholds, each would get none
    if (undeclared > 0 && purchase.delta < BigInt(undeclared)) return refuse('delta-missing')
    bought.push(purchase)
  }
  const deltas = undeclared === 0 ? [] : bought.map(({ delta }) => delta / BigInt(undeclared))
  const shares = sharesOf(all, bought)
  const plans: NoisePlan[] = []
  for (const [i, prepared] of all.entries()) {
    const plan = planOf(prepared, mechanism, shares[i] ?? [], deltas)
    if (plan === null) return refuse('epsilon-too-small')
    plans.push(plan)
  }
  requirePaid(costOfAll(plans), bought)
  return { outcome: 'planned', plans }
}

/** What several plans cost together, from their scales. */
export function costOfAll(plans: readonly Pick<NoisePlan, 'columns' | 'threshold'>[]): NoiseCost {
  const delta = plans.reduce((sum, { threshold }) => add(sum, threshold?.tau?.delta ?? rational(0)), rational(0))
  return { ...costOf(plans.flatMap(({ columns }) => columns)), delta }
}

interface Prepared {
  readonly request: NoiseRequest
  readonly contribution: Contribution
  readonly layout: Layout
  /** of each part of the layout */
  readonly sensitivities: readonly Sensitivity[]
  /** whether what has few units is hidden */
  readonly hidden: boolean
}

function prepare(request: NoiseRequest): Prepared | NoiseRefusal {
  const contribution = contributionWithin(request)
  if (contribution === null) return refuse('contribution-malformed')
  const assured = request.assuredUnits !== undefined
  const hidden = request.minimumGroupSize > 0 || request.declaredGroups === null || assured
  const sparing = request.declaredGroups === null || assured ? undefined : request.sparing
  const layout = layOut(request.asked, hidden ? (request.thresholdWeight ?? 1) : null, assured, sparing?.rows)
  if (typeof layout === 'string') return refuse(layout)
  const sensitivities: Sensitivity[] = []
  for (const part of layout.parts) {
    const sensitivity = sensitivityOf(part, contribution)
    if (sensitivity === null) return refuse(part.measure.kind === 'units' ? 'groups-unbounded' : 'rows-unbounded')
    sensitivities.push(sensitivity)
  }
  return { request, contribution, layout, sensitivities, hidden }
}

/** Per plan and part, one share of each dataset's purchase. */
function sharesOf(all: readonly Prepared[], bought: readonly Purchase[]): readonly (readonly (readonly Share[])[])[] {
  const weights = all.flatMap(({ layout }) => layout.parts.map((part) => part.weight))
  const amounts = bought.map(({ loss }) => split(loss.amount, weights).map((amount): Share => ({ as: loss.as, amount })))
  let at = 0
  return all.map(({ layout }) =>
    layout.parts.map(() => {
      const own = amounts.flatMap((shares) => shares[at] ?? [])
      at += 1
      return own
    }),
  )
}

/** Null where a share buys no noise. */
function planOf(
  prepared: Prepared,
  mechanism: Mechanism,
  shares: readonly (readonly Share[])[],
  deltas: readonly bigint[],
): NoisePlan | null {
  const { layout, sensitivities, hidden } = prepared
  const columns: NoisyColumn[] = []
  for (const [i, part] of layout.parts.entries()) {
    const column = columnFor(part, sensitivities[i] as Sensitivity, mechanism, shares[i] ?? [])
    if (column === null) return null
    columns.push(column)
  }
  const threshold = hidden ? thresholdOf(columns, limits(prepared, deltas)) : null
  return { columns, outputs: layout.outputs, threshold, cost: costOfAll([{ columns, threshold }]) }
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

function limits({ request, contribution, layout }: Prepared, deltas: readonly bigint[]): ThresholdLimits {
  const { declaredGroups, minimumGroupSize: minimum, assuredUnits, sparing } = request
  return {
    groups: groupsOf(contribution) ?? 0n,
    minimum,
    deltas: declaredGroups === null ? deltas : null,
    assured: assuredUnits ?? null,
    behind: layout.behind,
    spared:
      layout.spared === null || sparing === undefined
        ? null
        : { column: layout.spared, minimum: BigInt(minimum) * BigInt(sparing.rowsPerUnit) },
  }
}

/** Null unless all bounds are positive integers. */
function contributionWithin({
  contribution,
  declaredGroups,
  minimumGroupSize,
  assuredUnits = 1,
  sparing,
}: NoiseRequest): Contribution | null {
  if (!(Number.isSafeInteger(minimumGroupSize) && minimumGroupSize >= 0)) return null
  const bounds = [
    assuredUnits,
    contribution.groups,
    contribution.rows,
    contribution.rowsPerGroup,
    declaredGroups ?? undefined,
    sparing?.rowsPerUnit,
  ]
  if (bounds.some((n) => n !== undefined && !(Number.isSafeInteger(n) && n > 0))) return null
  if (declaredGroups === null) return contribution
  return { ...contribution, groups: Math.min(contribution.groups ?? declaredGroups, declaredGroups) }
}
