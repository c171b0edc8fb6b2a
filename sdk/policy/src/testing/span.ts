const prime = 2_147_483_647n

function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, value, prime - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % prime
    base = (base * base) % prime
  }
  return result
}

/** Gaussian elimination modulo a prime: whether a vector is a linear combination of others. */
export function isInSpan(vectors: readonly (readonly number[])[]): (vector: readonly number[]) => boolean {
  const rows: { readonly pivot: number; readonly values: readonly bigint[] }[] = []
  const reduce = (vector: readonly number[]) => {
    const values = vector.map((v) => BigInt(v))
    for (const row of rows) {
      const factor = values[row.pivot] ?? 0n
      if (factor === 0n) continue
      for (const [i, v] of row.values.entries()) values[i] = ((((values[i] ?? 0n) - factor * v) % prime) + prime) % prime
    }
    return values
  }
  for (const vector of vectors) {
    const values = reduce(vector)
    const pivot = values.findIndex((v) => v !== 0n)
    if (pivot < 0) continue
    const scale = inverse(values[pivot] ?? 1n)
    rows.push({ pivot, values: values.map((v) => (v * scale) % prime) })
  }
  return (vector) => reduce(vector).every((v) => v === 0n)
}
