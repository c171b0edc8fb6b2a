import { enclose, lowerBound, squareRoot, upperBound } from '../certified/enclosure.ts'
import { add, divide, multiply, type Rational, rational } from '../rational.ts'
import { epsilonPlaces, inUnits, rhoPlaces } from './charge-of.ts'
import type { Sensitivity } from './contribution.ts'
import type { NoiseCost, NoisyColumn } from './noise-plan.ts'

/** What one column may cost: millionths of ε of pure differential privacy, or billionths of ρ. */
export interface Share {
  readonly as: 'epsilon' | 'rho'
  readonly amount: bigint
}

// What a column costs, over all of its groups together. For one pair of neighbours let Δ₁, Δ₂, … be the changes of its groups;
// noise is independent, so losses of groups add up.
//   discrete Laplace of t: a group is Δᵢ/t-DP, all are L1/t-DP (Ghosh, Roughgarden, Sundararajan 2009); Δᵢ/t-DP is
//     (Δᵢ/t)²/2-zCDP (Bun and Steinke 2016, Proposition 1.4), all are L2²/2t²-zCDP.
//   discrete Gaussian of σ²: Δᵢ²/2σ²-zCDP (Canonne, Kamath, Steinke 2020, Theorem 4), all are L2²/2σ²-zCDP.
//   exponential mechanism of ε per row: a group in which nᵢ rows come or go has a privacy loss of range nᵢ·ε (Durfee and Rogers
//     2019), which is nᵢ·ε-DP and (nᵢ·ε)²/8-zCDP (Cesar and Rogers 2021); all are L1·ε-DP and L2²·ε²/8-zCDP.

/**
 * The scale with which a column costs at most its share: the least noise, rounded to more. Null where the share buys none: it is
 * empty, or pure differential privacy, which Gaussian noise never is.
 */
export function scaleFor(mechanism: NoisyColumn['mechanism'], { l1, l2Squared }: Sensitivity, share: Share): Rational | null {
  if (share.amount <= 0n) return null
  const amount = inUnits(share.amount, share.as === 'epsilon' ? epsilonPlaces : rhoPlaces)
  const [sum, squares] = [rational(l1), rational(l2Squared)]
  switch (mechanism) {
    case 'discreteLaplace':
      return share.as === 'epsilon' ? divide(sum, amount) : rootAbove(divide(squares, multiply(rational(2), amount)))
    case 'discreteGaussian':
      return share.as === 'epsilon' ? null : divide(squares, multiply(rational(2), amount))
    case 'exponential':
      return share.as === 'epsilon' ? divide(amount, sum) : rootBelow(divide(multiply(rational(8), amount), squares))
  }
}

/** What columns cost together, exactly. */
export function costOf(columns: readonly Pick<NoisyColumn, 'mechanism' | 'sensitivity' | 'scale'>[]): Omit<NoiseCost, 'delta'> {
  let epsilon: Rational | null = rational(0)
  let rho = rational(0)
  for (const { mechanism, sensitivity, scale } of columns) {
    const [l1, l2Squared] = [rational(sensitivity.l1), rational(sensitivity.l2Squared)]
    switch (mechanism) {
      case 'discreteLaplace':
        epsilon = epsilon && add(epsilon, divide(l1, scale))
        rho = add(rho, divide(l2Squared, multiply(rational(2), multiply(scale, scale))))
        break
      case 'discreteGaussian':
        epsilon = null
        rho = add(rho, divide(l2Squared, multiply(rational(2), scale)))
        break
      case 'exponential':
        epsilon = epsilon && add(epsilon, multiply(l1, scale))
        rho = add(rho, multiply(rational(1, 8), multiply(l2Squared, multiply(scale, scale))))
    }
  }
  return { epsilon, rho }
}

/** Of roots, so many binary places after the point of a number near 1: a millionth more noise, and short denominators. */
const places = 20n

function rootAbove(square: Rational): Rational {
  return cut(upperBound(squareRoot(enclose(square))), 'up')
}

function rootBelow(square: Rational): Rational {
  return cut(lowerBound(squareRoot(enclose(square))), 'down')
}

/** The nearest number of some 20 binary digits that is not less, or not more. */
function cut(value: Rational, direction: 'up' | 'down'): Rational {
  const { numerator, denominator } = value
  if (numerator <= 0n) return rational(0)
  const exponent = places - BigInt(numerator.toString(2).length - denominator.toString(2).length)
  const [top, bottom] = exponent >= 0n ? [numerator << exponent, denominator] : [numerator, denominator << -exponent]
  const digits = direction === 'down' ? top / bottom : (top + bottom - 1n) / bottom
  return exponent >= 0n ? rational(digits, 1n << exponent) : rational(digits << -exponent)
}
