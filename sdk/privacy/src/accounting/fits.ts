import { type Charge, compose, within, without } from './charge.ts'
import {
  budgetOf,
  chargeOf,
  deltaPlaces,
  epsilonPlaces,
  type PrivacyRule,
  refused,
  rhoPlaces,
  type Spending,
  type SpendingRefusal,
} from './charge-of.ts'
import { decimalOf, unitsBelow, unitsOf } from './decimal.ts'

/** What a refusal for want of budget tells, beside its message: nothing that `budget show` does not. */
export interface Shortfall {
  readonly left: Charge
  /** the most that the same query could spend now; null where not even the least */
  readonly wouldFit: Required<{ readonly [K in keyof Spending]: number }> | null
}

export type Fit =
  | { readonly outcome: 'fits'; readonly charge: Charge; readonly spentAfter: Charge }
  | (SpendingRefusal & { readonly shortfall?: Shortfall })

/** What is left of the rule's budget, of which so much is spent by the rule's own accounting. */
export function remaining(rule: PrivacyRule, spent: Charge): Charge {
  return without(budgetOf(rule), spent)
}

/**
 * Whether a query that spends this still fits, after what the ledger says is spent (by the rule's own accounting). One answer
 * for whoever debits, and for whoever tells an analyst beforehand.
 */
export function fits(rule: PrivacyRule, spent: Charge, spending: Spending): Fit {
  const priced = chargeOf(rule, spending)
  if (priced.outcome === 'refused') return priced
  const { charge } = priced
  const spentAfter = compose(spent, charge)
  if (within(spentAfter, budgetOf(rule))) return { outcome: 'fits', charge, spentAfter }
  const shortfall = { left: remaining(rule, spent), wouldFit: largestFitting(rule, spent, spending) }
  return { ...refused('budget-exhausted', shortfallText(rule, shortfall)), shortfall }
}

/** By bisection over ε in millionths; the δ is what was asked, or what is left of it. */
function largestFitting(rule: PrivacyRule, spent: Charge, { delta = 0 }: Spending): Shortfall['wouldFit'] {
  const left = remaining(rule, spent)
  const units = unitsOf(delta, deltaPlaces) ?? 0n
  const fittingDelta = units <= BigInt(left.delta) ? delta : toNumber(left.delta, deltaPlaces)
  const priceOf = (epsilon: bigint) => chargeOf(rule, { epsilon: toNumber(epsilon, epsilonPlaces), delta: fittingDelta })
  // Under zCDP the smallest ε are refused too, so the search compares losses.
  const isTooMuch = (epsilon: bigint) => {
    const priced = priceOf(epsilon)
    return priced.outcome === 'charge' && priced.charge.epsilon > left.epsilon
  }
  let [below, above] = [0n, unitsBelow(rule.maxEpsilonPerQuery, epsilonPlaces) + 1n]
  while (above - below > 1n) {
    const middle = (below + above) / 2n
    if (isTooMuch(middle)) above = middle
    else below = middle
  }
  const priced = priceOf(below)
  if (priced.outcome === 'refused' || !within(compose(spent, priced.charge), budgetOf(rule))) return null
  return { epsilon: toNumber(below, epsilonPlaces), delta: fittingDelta }
}

function shortfallText({ accounting }: PrivacyRule, { left, wouldFit }: Shortfall): string {
  const loss =
    accounting === 'basic' ? `epsilon ${decimalOf(left.epsilon, epsilonPlaces)}` : `rho ${decimalOf(left.epsilon, rhoPlaces)}`
  const has = `the budget has ${loss} and delta ${decimalOf(left.delta, deltaPlaces)} left`
  if (wouldFit === null) return `${has}, which no query fits in`
  return `${has}; a query that spends epsilon ${wouldFit.epsilon} and delta ${wouldFit.delta} would fit`
}

function toNumber(units: bigint | number, places: number): number {
  return Number(decimalOf(units, places))
}
