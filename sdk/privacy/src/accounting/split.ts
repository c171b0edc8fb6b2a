/**
 * Divides a loss by weights: each part gets its share rounded down, so the parts never add up to more than the whole.
 * @throws RangeError if the loss or a weight is negative, or no weight is positive
 */
export function split(loss: bigint, weights: readonly bigint[]): readonly bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n)
  if (loss < 0n || sum <= 0n || weights.some((w) => w < 0n)) throw new RangeError('a loss is divided by positive weights')
  return weights.map((weight) => (loss * weight) / sum)
}
