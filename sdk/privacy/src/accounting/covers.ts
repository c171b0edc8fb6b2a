import { compare, type Rational, rational, subtract } from '../rational.ts'
import type { Charge } from './charge.ts'
import { deltaPlaces, epsilonPlaces, type PrivacyRule, rhoPlaces } from './charge-of.ts'
import { rhoOfEpsilon } from './conversion.ts'
import type { NoiseCost } from './noise-plan.ts'

/** Whether noise with this exact cost costs a dataset no more than its charge, by the accounting of its rule. */
export function covers({ accounting }: Pick<PrivacyRule, 'accounting'>, charge: Charge, cost: NoiseCost): boolean {
  const loss = inUnits(charge.epsilon, accounting === 'zcdp' ? rhoPlaces : epsilonPlaces)
  const left = subtract(inUnits(charge.delta, deltaPlaces), cost.delta)
  if (left.numerator < 0n) return false
  if (accounting === 'zcdp') return isAtMost(cost.rho, loss)
  if (cost.epsilon !== null && isAtMost(cost.epsilon, loss)) return true
  // what is not pure, or costs less by its ρ, is converted with the δ that the threshold leaves
  return left.numerator > 0n && isAtMost(cost.rho, rhoOfEpsilon(loss, left))
}

function inUnits(amount: number, places: number): Rational {
  return rational(amount, 10n ** BigInt(places))
}

function isAtMost(a: Rational, b: Rational): boolean {
  return compare(a, b) <= 0
}
