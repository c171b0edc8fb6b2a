import { envelopeLayout, ReinraumError } from '@reinraum/crypto'

const { chunkLength } = envelopeLayout

/** Bytes of the plaintext. */
export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Chunks that follow each other: `first`, and on to the one before `end`. */
export interface ChunkSpan {
  readonly first: number
  readonly end: number
}

/** Throws `invalid-argument` for a range that is not inside. */
export function requireInside({ offset, length }: ByteRange, plaintextLength: number): void {
  const isRange = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0
  if (isRange && offset + length <= plaintextLength) return
  throw new ReinraumError('invalid-argument', 'the range is not inside the plaintext')
}

/** The chunks that hold the ranges, each once, in order; what touches or overlaps is one span. */
export function spansOf(ranges: readonly ByteRange[], plaintextLength: number): readonly ChunkSpan[] {
  const sorted = ranges
    .map((range) => {
      requireInside(range, plaintextLength)
      const { offset, length } = range
      return { first: Math.floor(offset / chunkLength), end: Math.ceil((offset + length) / chunkLength), length }
    })
    .filter(({ length }) => length > 0)
    .sort((a, b) => a.first - b.first)
  const spans: { first: number; end: number }[] = []
  for (const { first, end } of sorted) {
    const before = spans.at(-1)
    if (before !== undefined && first <= before.end) before.end = Math.max(before.end, end)
    else spans.push({ first, end })
  }
  return spans
}

/** The same chunks in spans of at most `most`. */
export function* cutSpans(spans: readonly ChunkSpan[], most: number): Generator<ChunkSpan, void, void> {
  for (const { first, end } of spans) {
    for (let from = first; from < end; from += most) yield { first: from, end: Math.min(from + most, end) }
  }
}
