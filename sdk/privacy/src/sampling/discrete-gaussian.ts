import { integerSquareRoot } from '../integer-square-root.ts'
import { type Rational, rational } from '../rational.ts'
import { bernoulliExp } from './bernoulli.ts'
import { discreteLaplaceSampler } from './discrete-laplace.ts'
import { operatingSystemRandomness, type RandomSource } from './random-source.ts'

/**
 * Draws integers x with probability proportional to exp(-x² / 2σ²) exactly: Canonne, Kamath, Steinke 2020, algorithm 3.
 * Added to an integer query of sensitivity Δ, it gives Δ²/2σ²-zCDP (their theorem 4). The variance of the draws is at most σ².
 * @param variance the parameter σ²
 * @param random for tests; noise comes from the operating system's randomness
 * @throws RangeError if `variance` is not positive
 */
export function discreteGaussianSampler(variance: Rational, random: RandomSource = operatingSystemRandomness): () => bigint {
  const { numerator: p, denominator: q } = rational(variance.numerator, variance.denominator)
  if (p <= 0n) throw new RangeError('the variance of noise is positive')
  // ⌊σ⌋ + 1, where ⌊√(p/q)⌋ = ⌊√⌊p/q⌋⌋
  const t = integerSquareRoot(p / q) + 1n
  const candidate = discreteLaplaceSampler(rational(t), random)
  // (|y| - σ²/t)² / 2σ² over one denominator
  const denominator = 2n * p * q * t * t
  const step = q * t
  return () => {
    for (;;) {
      const y = candidate()
      const distance = (y < 0n ? -y : y) * step - p
      if (bernoulliExp({ numerator: distance * distance, denominator }, random)) return y
    }
  }
}
