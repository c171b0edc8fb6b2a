/** The largest integer whose square is at most `value`, by Newton's method. @throws RangeError if `value` is negative */
export function integerSquareRoot(value: bigint): bigint {
  if (value < 0n) throw new RangeError('a negative number has no square root')
  if (value < 2n) return value
  // A power of two above the root; from there the steps fall until the root.
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
