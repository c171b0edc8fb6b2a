// Math.max and Math.min take no BigInts.

export function larger(a: bigint, b: bigint): bigint {
  if (a >= b) return a
  return b
}

export function smaller(a: bigint, b: bigint): bigint {
  if (a <= b) return a
  return b
}
