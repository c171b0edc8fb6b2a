import { floor, multiply, type Rational, rational } from '../rational.ts'
import type { Accounting, Charge } from './charge.ts'
import { rhoOfEpsilon } from './conversion.ts'
import { decimalOf, unitsBelow, unitsOf } from './decimal.ts'

export type Mechanism = 'discreteLaplace' | 'discreteGaussian'

/** What a dataset's rule says of noise; `differentialPrivacy` of an analysis rule has these fields. */
export interface PrivacyRule {
  readonly epsilonBudget: number
  readonly deltaBudget: number
  readonly maxEpsilonPerQuery: number
  readonly mechanism: Mechanism
  readonly accounting: Accounting
}

/** What an analyst states in the signed query: decimals, ε with at most 6 places and δ with at most 15. */
export interface Spending {
  readonly epsilon: number
  /** for noise that is discrete Gaussian under basic composition, and for thresholds where groups are not declared */
  readonly delta?: number | undefined
}

export const spendingReasons = [
  'epsilon-malformed',
  'epsilon-over-maximum',
  'epsilon-too-small',
  'delta-malformed',
  'delta-missing',
  'delta-over-budget',
  'budget-exhausted',
] as const
export type SpendingReason = (typeof spendingReasons)[number]

/** Messages hold figures of the rule, the query and the ledger, and nothing of the data. */
export interface SpendingRefusal {
  readonly outcome: 'refused'
  readonly code: SpendingReason
  readonly message: string
}
export type ChargeOutcome = { readonly outcome: 'charge'; readonly charge: Charge } | SpendingRefusal

export const epsilonPlaces = 6
export const rhoPlaces = 9
export const deltaPlaces = 15

/** What a ledger may sum up to under the rule. @throws RangeError for a rule whose numbers are no decimals from 0 */
export function budgetOf({ accounting, epsilonBudget, deltaBudget }: PrivacyRule): Charge {
  const [epsilon, delta] = [unitsBelow(epsilonBudget, epsilonPlaces), unitsBelow(deltaBudget, deltaPlaces)]
  if (accounting === 'basic') return { epsilon: Number(epsilon), delta: Number(delta) }
  const halves = halvesOf(delta)
  return { epsilon: Number(rhoWithin(epsilon, halves.conversion)), delta: Number(halves.thresholds) }
}

/**
 * What a query that spends this costs a dataset with this rule, from the two alone: who debits needs neither the query's SQL
 * nor its plan. Under basic composition it is ε and δ themselves. Under zCDP it is the largest ρ that is (ε, deltaBudget/2)-DP,
 * and the δ of thresholds.
 */
export function chargeOf(rule: PrivacyRule, spending: Spending): ChargeOutcome {
  const epsilon = unitsOf(spending.epsilon, epsilonPlaces)
  const delta = unitsOf(spending.delta ?? 0, deltaPlaces)
  if (epsilon === null || epsilon === 0n) {
    return refused('epsilon-malformed', `epsilon is a decimal above 0 with at most ${epsilonPlaces} places`)
  }
  if (delta === null) return refused('delta-malformed', `delta is a decimal from 0 with at most ${deltaPlaces} places`)
  const maximum = unitsBelow(rule.maxEpsilonPerQuery, epsilonPlaces)
  if (epsilon > maximum) {
    return refused('epsilon-over-maximum', `a query may spend an epsilon of ${decimalOf(maximum, epsilonPlaces)} at most`)
  }
  const most = budgetOf(rule).delta
  if (delta > most) return refused('delta-over-budget', `the budget has a delta of ${decimalOf(most, deltaPlaces)} in all`)
  return rule.accounting === 'basic' ? basicCharge(rule, epsilon, delta) : zcdpCharge(rule, epsilon, delta)
}

function basicCharge({ mechanism }: PrivacyRule, epsilon: bigint, delta: bigint): ChargeOutcome {
  if (mechanism === 'discreteGaussian' && delta === 0n) {
    return refused('delta-missing', 'discrete Gaussian noise under basic composition spends a delta; state one, such as 1e-9')
  }
  return { outcome: 'charge', charge: { epsilon: Number(epsilon), delta: Number(delta) } }
}

function zcdpCharge({ deltaBudget }: PrivacyRule, epsilon: bigint, delta: bigint): ChargeOutcome {
  const rho = rhoWithin(epsilon, halvesOf(unitsBelow(deltaBudget, deltaPlaces)).conversion)
  if (rho === 0n) return refused('epsilon-too-small', 'this epsilon is less than a billionth of rho; spend more')
  return { outcome: 'charge', charge: { epsilon: Number(rho), delta: Number(delta) } }
}

/**
 * Under zCDP the δ of a budget pays for two things: the conversion of ρ, once for all queries, and the thresholds of those
 * whose groups are not declared. A mechanism that is δ₁-approximately ρ-zCDP is (ε, δ₁ + δ₂)-DP where ρ-zCDP is (ε, δ₂)-DP
 * (Bun and Steinke 2016, section 8), so each gets half and the budget means what it says.
 */
export function halvesOf(delta: bigint): { readonly conversion: bigint; readonly thresholds: bigint } {
  return { conversion: delta - delta / 2n, thresholds: delta / 2n }
}

/** Conversions take milliseconds, and a ledger asks for the same ones again: those of its rule. */
const converted = new Map<string, bigint>()

/** Billionths of the largest ρ whose conversion stays within so many millionths of ε, at so many 10⁻¹⁵ of δ; rounded down. */
export function rhoWithin(epsilon: bigint, delta: bigint): bigint {
  if (delta <= 0n) return 0n
  const key = `${epsilon} ${delta}`
  const known = converted.get(key)
  if (known !== undefined) return known
  const rho = rhoOfEpsilon(inUnits(epsilon, epsilonPlaces), inUnits(delta, deltaPlaces))
  const result = floor(multiply(rho, rational(10n ** BigInt(rhoPlaces))))
  if (converted.size >= 1000) converted.clear()
  converted.set(key, result)
  return result
}

/** The number that so many units of 10^-places are. */
export function inUnits(count: bigint | number, places: number): Rational {
  return rational(BigInt(count), 10n ** BigInt(places))
}

export function refused(code: SpendingReason, message: string): SpendingRefusal {
  return { outcome: 'refused', code, message }
}
