import type { Rational } from '../rational.ts'
import type { RandomSource } from './random-source.ts'
import { uniformBelow, uniformBelowSafe } from './uniform.ts'

/** True with probability `p` exactly. @throws RangeError if `p` is below 0 or above 1 */
export function bernoulli(p: Rational, random: RandomSource): boolean {
  if (p.numerator < 0n || p.numerator > p.denominator) throw new RangeError('a probability lies between 0 and 1')
  return uniformBelow(p.denominator, random) < p.numerator
}

/**
 * True with probability exp(-γ) exactly, for rational γ ≥ 0: Canonne, Kamath, Steinke 2020, algorithm 1. It computes no
 * exponential. @throws RangeError if `gamma` is negative
 */
export function bernoulliExp(gamma: Rational, random: RandomSource): boolean {
  const { numerator, denominator } = gamma
  if (numerator < 0n) throw new RangeError('exp(-γ) is a probability where γ is at least 0')
  if (numerator <= denominator) return bernoulliExpFraction(gamma, random)
  // exp(-γ) is that many factors exp(-1), and one for the rest; the first that comes out false decides.
  for (let whole = numerator / denominator; whole > 0n; whole -= 1n) if (!bernoulliExpOne(random)) return false
  return bernoulliExpFraction({ numerator: numerator % denominator, denominator }, random)
}

/** True with probability exp(-1) exactly. */
export function bernoulliExpOne(random: RandomSource): boolean {
  return stopsAtOdd(2, random)
}

/**
 * True with probability 8/3e exactly, the share of exp(-1) in 3/8. In algorithm 1 for γ = 1, k stops at 3 with probability 1/3 and
 * passes 4 with probability 1/24; every odd stop is one of these. Given that it is, which has probability 3/8, k stops at 3 eight
 * times of nine, and otherwise goes on from 5.
 */
export function bernoulliExpOneOfThreeEighths(random: RandomSource): boolean {
  return uniformBelowSafe(9, random) < 8 || stopsAtOdd(5, random)
}

/** γ ≤ 1. The first k whose coin of γ/k shows false is odd with probability 1 - γ + γ²/2! - … = exp(-γ). */
function bernoulliExpFraction(gamma: Rational, random: RandomSource): boolean {
  let k = 1
  // Bernoulli(γ/k) is Bernoulli(1/k) and Bernoulli(γ), so that denominators do not grow.
  while (uniformBelowSafe(k, random) === 0 && bernoulli(gamma, random)) k += 1
  return k % 2 === 1
}

/** Whether the first k ≥ `from` whose coin of 1/k shows false is odd. */
function stopsAtOdd(from: number, random: RandomSource): boolean {
  let k = from
  while (uniformBelowSafe(k, random) === 0) k += 1
  return k % 2 === 1
}
