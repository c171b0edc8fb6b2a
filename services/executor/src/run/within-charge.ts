import { ReinraumError } from '@reinraum/crypto'
import {
  type Charge,
  chargeOf,
  compare,
  costOf,
  deltaPlaces,
  epsilonPlaces,
  type NoisePlan,
  type PrivacyRule,
  type Rational,
  rational,
  rhoOfEpsilon,
  rhoPlaces,
  type Spending,
  subtract,
} from '@reinraum/privacy'
import type { Slot } from '@reinraum/statements'

/**
 * What the noise of a plan costs, added up once more from its columns, is no more than what key services debit for the query:
 * they know what it states, and nothing of its plan.
 * @param plan null where the query gets no noise
 * @throws ReinraumError `guard-refused` where a dataset would go without noise; `privacy-over-maximum` where it costs more
 */
export function requireWithinCharge(plan: NoisePlan | null, slots: readonly Slot[], spending: Spending | undefined): void {
  for (const { id, rule } of slots) {
    if (rule.differentialPrivacy === undefined) continue
    if (plan === null || spending === undefined)
      throw new ReinraumError('guard-refused', `${id} asks for noise and would get none`)
    const priced = chargeOf(rule.differentialPrivacy, spending)
    if (priced.outcome === 'refused' || !isWithin(plan, rule.differentialPrivacy, priced.charge)) {
      throw new ReinraumError('privacy-over-maximum', `the noise costs ${id} more than the query says it spends`)
    }
  }
}

function isWithin(plan: NoisePlan, { accounting }: PrivacyRule, charge: Charge): boolean {
  const { epsilon, rho } = costOf(plan.columns)
  const spent = plan.threshold?.tau?.delta ?? rational(0)
  const loss = rational(charge.epsilon, 10n ** BigInt(accounting === 'zcdp' ? rhoPlaces : epsilonPlaces))
  const left = subtract(rational(charge.delta, 10n ** BigInt(deltaPlaces)), spent)
  if (left.numerator < 0n) return false
  if (accounting === 'zcdp') return isAtMost(rho, loss)
  if (epsilon !== null) return isAtMost(epsilon, loss)
  // Gaussian noise under basic composition is converted with the delta that the threshold leaves.
  return left.numerator > 0n && isAtMost(rho, rhoOfEpsilon(loss, left))
}

function isAtMost(a: Rational, b: Rational): boolean {
  return compare(a, b) <= 0
}
