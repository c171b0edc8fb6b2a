import { logarithm } from '../certified/elementary.ts'
import {
  type Enclosure,
  enclose,
  integer,
  lowerBound,
  minus,
  over,
  plus,
  squareRoot,
  times,
  units,
  upperBound,
} from '../certified/enclosure.ts'
import { compare, type Rational, rational } from '../rational.ts'

// ρ-zCDP is (ε, δ)-DP with
//   ε = αρ + (ln(1/δ) - ln α) / (α - 1) + ln(1 - 1/α)    for every α > 1
// (Canonne, Kamath, Steinke 2020, Proposition 12 and Corollary 13, solved for ε). It is never worse than the
// ρ + 2√(ρ·ln(1/δ)) of Bun and Steinke 2016, Proposition 1.3, which leaves the last two logarithms out.
//
// Since every α is sound, the best one may be searched for without care; only the bound at the α that was found is
// computed with certified rounding. With β = α - 1, the derivative of ε by β is ρ - (ln(1/δ) - ln(1 + β)) / β², so the
// best β is the only one where ρβ² = ln(1/δ) - ln(1 + β).

const one = integer(1)

/**
 * An ε such that every ρ-zCDP mechanism is (ε, δ)-DP: at least the smallest that the proposition gives.
 * @throws RangeError unless ρ ≥ 0 and 0 < δ < 1
 */
export function epsilonOfRho(rho: Rational, delta: Rational): Rational {
  requireArguments(rho, delta)
  if (rho.numerator === 0n) return rational(0)
  const [r, l] = [enclose(rho), logarithm(over(one, enclose(delta)))]
  // the β that is best for the bound of Bun and Steinke, which is more than the one looked for
  const start = squareRoot(over(l, r))
  const beta = smallest(start, (b) => minus(plus(times(times(r, b), b), logarithm(plus(one, b))), l).low >= 0n)
  const epsilon = upperBound(plus(times(plus(one, beta), r), besides(l, beta)))
  return compare(epsilon, rational(0)) < 0 ? rational(0) : epsilon
}

/**
 * A ρ such that every ρ-zCDP mechanism is (ε, δ)-DP: at most the largest that the proposition gives.
 * @throws RangeError unless ε ≥ 0 and 0 < δ < 1
 */
export function rhoOfEpsilon(epsilon: Rational, delta: Rational): Rational {
  requireArguments(epsilon, delta)
  if (epsilon.numerator === 0n) return rational(0)
  const [e, l] = [enclose(epsilon), logarithm(over(one, enclose(delta)))]
  // where √ρ = √(ln(1/δ) + ε) - √ln(1/δ), as the bound of Bun and Steinke has it, β = √(ln(1/δ) / ρ)
  const start = over(times(squareRoot(l), plus(squareRoot(plus(l, e)), squareRoot(l))), e)
  // At the best β the ε of ρ = (ln(1/δ) - ln(1 + β)) / β² is the ε given; it falls as β rises.
  const beta = smallest(start, (b) => {
    const rho = over(over(minus(l, logarithm(plus(one, b))), b), b)
    return minus(plus(times(plus(one, b), rho), besides(l, b)), e).high <= 0n
  })
  const rho = lowerBound(over(minus(e, besides(l, beta)), plus(one, beta)))
  return compare(rho, rational(0)) < 0 ? rational(0) : rho
}

/** (ln(1/δ) - ln α) / (α - 1) + ln(1 - 1/α) */
function besides(l: Enclosure, beta: Enclosure): Enclosure {
  const alpha = logarithm(plus(one, beta))
  return plus(over(minus(l, alpha), beta), minus(logarithm(beta), alpha))
}

/** No β below it makes a difference of 10⁻⁹ to anything. */
const least = integer(1).low >> 60n

/** Near the smallest number for which a condition holds that holds for `start` and, once it does, beyond: within 2⁻⁴⁴ of it. */
function smallest({ high: start }: Enclosure, holds: (beta: Enclosure) => boolean): Enclosure {
  let below = start >> 1n
  while (below > least && holds(units(below))) below >>= 1n
  let above = below << 1n
  for (let i = 0; i < 44; i += 1) {
    const middle = (below + above) >> 1n
    if (holds(units(middle))) above = middle
    else below = middle
  }
  return units(above)
}

function requireArguments(loss: Rational, { numerator, denominator }: Rational): void {
  if (loss.numerator < 0n) throw new RangeError('a privacy loss is not negative')
  if (numerator <= 0n || numerator >= denominator) throw new RangeError('delta lies between 0 and 1')
}
