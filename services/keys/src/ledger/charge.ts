import { ReinraumError } from '@reinraum/crypto'
import { type Charge, parseDecimal } from '@reinraum/privacy'
import type { DifferentialPrivacy, Privacy } from '@reinraum/statements'

/** What a query that says this is charged under a rule. */
export function chargeOfQuery(rule: DifferentialPrivacy, { epsilon, delta }: Privacy): Charge {
  requireBasic(rule)
  return { epsilon: countOf(epsilon, 6), delta: countOf(delta, 15) }
}

/** What all queries together may be charged. */
export function budgetOfRule(rule: DifferentialPrivacy): Charge {
  requireBasic(rule)
  return { epsilon: countOf(rule.epsilonBudget, 6), delta: countOf(rule.deltaBudget, 15) }
}

/** Millionths of ε that a query with this δ may say when so much is left; 0 if none fits. */
export function fittingEpsilon(rule: DifferentialPrivacy, left: Charge, delta: number): number {
  requireBasic(rule)
  return countOf(delta, 15) > left.delta ? 0 : Math.min(left.epsilon, countOf(rule.maxEpsilonPerQuery, 6))
}

function requireBasic({ accounting }: DifferentialPrivacy): void {
  if (accounting !== 'basic') throw new ReinraumError('unsupported', `nothing is charged by ${accounting} yet`)
}

/** Exact for what lies on the grid, and rounded up else: a charge is never less than what is spent. */
function countOf(value: number, places: number): number {
  const { numerator, denominator } = parseDecimal(value)
  return Number((numerator * 10n ** BigInt(places) + denominator - 1n) / denominator)
}
