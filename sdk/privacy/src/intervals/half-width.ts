import { type Noise, tailOf } from '../certified/noise-tail.ts'
import { divide, type Rational, rational } from '../rational.ts'

/**
 * The smallest q so that noise lies from -q to q but with probability `error`, which is rounded in nobody's favour: P[|X| > q] is
 * at most `error`, surely. For discrete Gaussians of σ beyond 256, q is at most 1 more than the smallest.
 * @throws RangeError unless the error is less than 1, and not vanishing
 */
export function halfWidth(noise: Noise, error: Rational): bigint {
  return tailOf(noise, divide(error, rational(2))) - 1n
}
