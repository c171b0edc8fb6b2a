/** A range of a file: bytes. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** The same bytes in order, without overlaps; what lies between two ranges is taken along where it is at most `gap` bytes. */
export function joined(ranges: readonly ByteRange[], gap = 0): readonly ByteRange[] {
  const result: ByteRange[] = []
  for (const range of ranges.filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset)) {
    const last = result.at(-1)
    if (last !== undefined && range.offset - endOf(last) <= gap) {
      const end = Math.max(endOf(last), endOf(range))
      result[result.length - 1] = { offset: last.offset, length: end - last.offset }
    } else {
      result.push(range)
    }
  }
  return result
}

/** What of `wanted` is not in `present`; both are joined. */
export function without(wanted: readonly ByteRange[], present: readonly ByteRange[]): readonly ByteRange[] {
  const result: ByteRange[] = []
  let next = 0
  for (const range of wanted) {
    let at = range.offset
    while (next > 0 && endOf(present[next - 1] ?? range) > at) next -= 1
    for (; next < present.length; next += 1) {
      const there = present[next]
      if (there === undefined || there.offset >= endOf(range)) break
      if (there.offset > at) result.push({ offset: at, length: there.offset - at })
      at = Math.max(at, endOf(there))
    }
    if (at < endOf(range)) result.push({ offset: at, length: endOf(range) - at })
  }
  return result
}

export function endOf({ offset, length }: ByteRange): number {
  return offset + length
}

export function bytesIn(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { length }) => sum + length, 0)
}
