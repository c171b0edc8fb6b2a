import { compare } from '../rational.ts'
import {
  chargeOf,
  deltaPlaces,
  epsilonPlaces,
  halvesOf,
  inUnits,
  type Mechanism,
  type PrivacyRule,
  rhoPlaces,
  rhoWithin,
  type Spending,
} from './charge-of.ts'
import type { NoiseCost } from './noise-plan.ts'
import { type NoiseRefusal, refuse } from './noise-refusal.ts'
import type { Share } from './scale.ts'

/** One protected dataset that the query reads, and what it spends there. */
export interface NoiseTerm {
  readonly rule: PrivacyRule
  readonly spending: Spending
}

/** What one dataset's spending buys: the loss of all columns together, and the δ of the threshold in 10⁻¹⁵. */
export interface Purchase {
  readonly loss: Share
  readonly delta: bigint
}

/**
 * Pure ε where the rule adds up ε and noise is Laplace; else ρ, which adds up better within a query too. What is Gaussian under
 * basic composition converts once for the query, with the δ that the threshold leaves.
 */
export function purchaseOf({ rule, spending }: NoiseTerm, mechanism: Mechanism, declared: boolean): Purchase | NoiseRefusal {
  const priced = chargeOf(rule, spending)
  if (priced.outcome === 'refused') return priced
  const [epsilon, delta] = [BigInt(priced.charge.epsilon), BigInt(priced.charge.delta)]
  if (rule.accounting === 'zcdp') {
    return declared || delta > 0n ? { loss: { as: 'rho', amount: epsilon }, delta } : refuse('delta-missing')
  }
  if (mechanism === 'discreteLaplace') {
    return declared || delta > 0n ? { loss: { as: 'epsilon', amount: epsilon }, delta } : refuse('delta-missing')
  }
  const parts = declared ? { conversion: delta, thresholds: 0n } : halvesOf(delta)
  if (!declared && parts.thresholds === 0n) return refuse('delta-missing')
  return { loss: { as: 'rho', amount: rhoWithin(epsilon, parts.conversion) }, delta: parts.thresholds }
}

/** Laplace noise costs little under either accounting; Gaussian noise is none where one rule wants pure differential privacy. */
export function mechanismOf(terms: readonly NoiseTerm[]): Mechanism {
  return terms.every(({ rule }) => rule.mechanism === 'discreteGaussian') ? 'discreteGaussian' : 'discreteLaplace'
}

/**
 * What was planned is added up again, from its scales: a plan that costs any dataset more than was bought is a defect.
 * @throws Error if it does
 */
export function requirePaid({ epsilon, rho, delta }: NoiseCost, bought: readonly Purchase[]): void {
  for (const { loss, delta: allowed } of bought) {
    const cost = loss.as === 'epsilon' ? epsilon : rho
    const limit = inUnits(loss.amount, loss.as === 'epsilon' ? epsilonPlaces : rhoPlaces)
    if (cost === null || compare(cost, limit) > 0 || compare(delta, inUnits(allowed, deltaPlaces)) > 0) {
      throw new Error('noise that was planned costs more than the query spends')
    }
  }
}
