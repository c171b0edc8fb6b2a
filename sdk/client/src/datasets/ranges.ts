/** One end of a range, by the number of the value there; absent where the range goes on for ever. */
export interface Edge {
  readonly value: number
  /** the value itself is part of the range */
  readonly inclusive: boolean
}

export interface Range {
  readonly from?: Edge
  readonly to?: Edge
  /** rows of one value are in order as they are */
  readonly sorted: boolean
}

/**
 * Ranges that hold all values, one after the other, and fit one by one, as far as values can be told apart. A value that is over
 * the bound by itself has a range of its own, which needs no sorting.
 * @param weights of a sample's values, in ascending order of the values; those between two of them count with the lower
 */
export function rangesOf(weights: readonly number[], most: number): readonly Range[] {
  const ranges: Range[] = []
  let from: Edge | undefined
  let weight = 0
  const begin = (next: Edge, sum: number) => {
    from = next
    weight = sum
  }
  const until = (to?: Edge) =>
    ranges.push({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), sorted: true })
  for (const [value, own] of weights.entries()) {
    if (own > most) {
      until({ value, inclusive: false })
      const itself = { value, inclusive: true }
      ranges.push({ from: itself, to: itself, sorted: false })
      begin({ value, inclusive: false }, 0)
    } else if (weight + own > most) {
      until({ value, inclusive: false })
      begin({ value, inclusive: true }, own)
    } else weight += own
  }
  until()
  return ranges
}
