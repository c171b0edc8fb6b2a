import { larger } from '../larger.ts'
import { compare, divide, type Rational, rational } from '../rational.ts'
import { exponentialOfMinus, logarithm, normalTail } from './elementary.ts'
import { ceilOf, type Enclosure, enclose, integer, over, plus, squareRoot, times, units, widen } from './enclosure.ts'

/**
 * Noise over the integers. `scale` of the discrete Laplace is t, with P[x] in proportion to e^(-|x|/t); of the discrete
 * Gaussian it is σ², with P[x] in proportion to e^(-x²/2σ²).
 */
export interface Noise {
  readonly mechanism: 'discreteLaplace' | 'discreteGaussian'
  readonly scale: Rational
}

/**
 * An integer m, at least 1, that the noise reaches with at most this probability: P[X ≥ m] ≤ p, surely. It is the smallest
 * such m where the scale is ordinary (any t; σ up to 256), and within 1 + m/40000 of it for larger σ.
 * @throws RangeError unless p is more than 10⁻³⁵ and less than 1/2
 */
export function tailOf(noise: Noise, p: Rational): bigint {
  if (compare(p, rational(1, 10n ** 35n)) <= 0 || compare(p, rational(1, 2)) >= 0) {
    throw new RangeError('a tail has a probability between 1e-35 and 1/2')
  }
  switch (noise.mechanism) {
    case 'discreteLaplace':
      return laplaceTail(noise.scale, p)
    case 'discreteGaussian':
      return compare(noise.scale, largestSummed) <= 0 ? summedTail(noise.scale, p) : normalTailOf(noise.scale, p)
  }
}

/** P[X ≥ m] = e^(-m/t) / (1 + e^(-1/t)), which is at most p where m ≥ t·ln(1 / (p·(1 + e^(-1/t)))). */
function laplaceTail(t: Rational, p: Rational): bigint {
  const ratio = exponentialOfMinus(enclose(divide(rational(1), t)))
  const least = times(enclose(t), logarithm(over(integer(1), times(enclose(p), plus(integer(1), ratio)))))
  return larger(1n, ceilOf(least))
}

/** Up to this σ² probabilities are summed; there are some 16σ terms. */
const largestSummed = rational(1n << 16n)

function summedTail(variance: Rational, p: Rational): bigint {
  const weights = weightsOf(variance)
  // From the end, what all terms from there on are; what lies beyond the last is less than 2¹¹ units, as below.
  const tails: Enclosure[] = []
  let tail = widen(units(0n), { below: 0n, above: 1n << 11n })
  for (const weight of weights.toReversed()) {
    tail = plus(tail, weight)
    tails.push(tail)
  }
  tails.reverse()
  const total = minusFirst(tails, weights)
  const allowed = times(enclose(p), total).low
  const m = tails.findIndex(({ high }) => high <= allowed)
  // p is many units, and the last of the weights is a few.
  if (m < 0) throw new RangeError('a tail has a probability between 1e-35 and 1/2')
  return larger(1n, BigInt(m))
}

/** e^(-k²/2σ²) for k = 0, 1, … until it is less than 64 units. */
function weightsOf(variance: Rational): readonly Enclosure[] {
  const first = exponentialOfMinus(enclose(divide(rational(1, 2), variance)))
  const square = times(first, first)
  const weights = [integer(1)]
  // From k to k + 1 the weight falls by e^(-(2k+1)/2σ²). After the last, σ is at most 256 and k at least 16σ, so that each
  // weight is at most e^(-1/16) of the one before: all of them together are less than 17·64 units.
  let [weight, step] = [integer(1), first]
  while (weight.high > 64n) {
    weight = times(weight, step)
    step = times(step, square)
    weights.push(weight)
  }
  return weights
}

/** The sum over all integers: twice that from 0, less the term of 0. */
function minusFirst(tails: readonly Enclosure[], weights: readonly Enclosure[]): Enclosure {
  const [whole, first] = [tails[0], weights[0]]
  if (whole === undefined || first === undefined) throw new RangeError('a distribution has weights')
  return { low: 2n * whole.low - first.high, high: 2n * whole.high - first.low }
}

/**
 * P[X ≥ m] ≤ P[N(0, σ²) ≥ m - 1] (Canonne, Kamath, Steinke 2020, section 3): terms from m on are each at most the
 * integral of e^(-x²/2σ²) over the unit before, and the sum of all is at least √(2πσ²), by Poisson's summation formula.
 */
function normalTailOf(variance: Rational, p: Rational): bigint {
  const deviations = enclose(normalQuantile(p))
  return 1n + ceilOf(times(squareRoot(enclose(variance)), deviations))
}

const grain = 1n << 16n

/** A multiple of 2⁻¹⁶, less than that above the smallest x with P[N(0, 1) ≥ x] ≤ p. */
function normalQuantile(p: Rational): Rational {
  const allowed = enclose(p).low
  const fits = (x: bigint) => normalTail(enclose(rational(x, grain))).high <= allowed
  let [below, above] = [-1n, 16n * grain]
  while (above - below > 1n) {
    const middle = (above + below) / 2n
    if (middle >= 0n && fits(middle)) above = middle
    else below = middle
  }
  return rational(above, grain)
}
