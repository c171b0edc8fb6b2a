/** What the exponential mechanism is asked for a small cell, in numbers. */
export interface SmallQuantile {
  readonly low: number
  readonly high: number
  readonly quantile: number
  readonly epsilon: number
  readonly rowsPerUnit: number
}

/**
 * Probabilities of the grid points from `low` to `high`, by the definition and in floating point: what samples are compared
 * with, and neighbours with each other. `rows` are values in any order.
 */
export function exactQuantile(rows: readonly number[], query: SmallQuantile): readonly number[] {
  const { low, high, quantile, epsilon, rowsPerUnit } = query
  const weights = Array.from({ length: high - low + 1 }, (_, index) => {
    const y = low + index
    const ranks = [rows.filter((row) => row < y).length, rows.filter((row) => row <= y).length] as const
    const rank = Math.min(Math.max(quantile * rows.length, ranks[0]), ranks[1])
    const distance = Math.abs(quantile * rows.length - rank)
    return Math.exp((-epsilon * distance) / (2 * rowsPerUnit * Math.max(quantile, 1 - quantile)))
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
