/**
 * Probabilities of integers, in floating point: what samples are compared with. Beyond `reach` on either side of 0 lies less than
 * 10⁻¹² of it.
 */
export interface ExactDistribution {
  readonly probability: (x: number) => number
  readonly reach: number
}

/** Proportional to exp(-|x| / scale). */
export function exactDiscreteLaplace(scale: number): ExactDistribution {
  const atZero = Math.tanh(1 / (2 * scale))
  return { probability: (x) => atZero * Math.exp(-Math.abs(x) / scale), reach: Math.ceil(30 * scale) + 1 }
}

/** Proportional to exp(-x² / 2σ²). */
export function exactDiscreteGaussian(variance: number): ExactDistribution {
  const reach = Math.ceil(8 * Math.sqrt(variance)) + 1
  const weight = (x: number) => Math.exp((-x * x) / (2 * variance))
  let total = 0
  for (let x = reach; x > 0; x -= 1) total += 2 * weight(x)
  total += 1
  return { probability: (x) => weight(x) / total, reach }
}
