import { logGamma } from './log-gamma.ts'

/** Successes among independent trials. */
export interface Count {
  readonly successes: number
  readonly trials: number
}

/**
 * The probability of success is less than this with probability `error` at most, whatever it is: the one-sided bound of Clopper
 * and Pearson 1934, the p for which so many successes or more have probability `error`.
 */
export function lowerBound({ successes, trials }: Count, error: number): number {
  return successes === 0 ? 0 : solve((p) => incompleteBeta(successes, trials - successes + 1, p), error)
}

/** The probability of success is more than this with probability `error` at most. */
export function upperBound({ successes, trials }: Count, error: number): number {
  return 1 - lowerBound({ successes: trials - successes, trials }, error)
}

/** Where an increasing function of (0, 1) reaches `value`, by halving. */
function solve(increasing: (p: number) => number, value: number): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2
    if (increasing(middle) < value) low = middle
    else high = middle
  }
  return low
}

/** The regularised incomplete beta function I_x(a, b): the probability of `a` successes or more among a + b - 1 trials. */
function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  // The fraction converges fast on one side of the mean, and I_x(a, b) = 1 - I_(1-x)(b, a).
  return x < (a + 1) / (a + b + 2) ? (scale * betaFraction(a, b, x)) / a : 1 - (scale * betaFraction(b, a, 1 - x)) / b
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified method of Lentz. */
function betaFraction(a: number, b: number, x: number): number {
  let [c, d, denominator] = [1, 0, 1]
  for (let n = 1; n < 1_000_000; n += 1) {
    const m = Math.floor(n / 2)
    const divisor = (a + n - 1) * (a + n)
    const term = (n % 2 === 0 ? m * (b - m) * x : -(a + m) * (a + b + m) * x) / divisor
    // Neither may become 0.
    d = 1 / (1 + term * d || 1e-300)
    c = 1 + term / c || 1e-300
    denominator *= c * d
    if (Math.abs(c * d - 1) < 1e-14) return 1 / denominator
  }
  throw new Error('the continued fraction does not converge')
}
