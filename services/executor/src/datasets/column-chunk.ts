import { type ByteRange, endOf } from './byte-ranges.ts'
import { bytesOf, fieldsOf, integerOf, listOf, nameOf } from './compact-thrift.ts'

/** One column in one row group. */
export interface ColumnChunk {
  /** of the column, or of what it is nested in, in lower case */
  readonly name: string
  readonly isNested: boolean
  /** its pages, and its Bloom filter if it has one: inside the file, before its footer */
  readonly ranges: readonly ByteRange[]
  /** the statistics' `min_value` and `max_value`, as they are encoded */
  readonly minimum: Uint8Array | undefined
  readonly maximum: Uint8Array | undefined
}

/** What a footer says of a chunk. */
export interface StatedChunk extends Omit<ColumnChunk, 'ranges'> {
  readonly pages: ByteRange
  readonly bloomFilter: { readonly offset: number; readonly length: number | undefined } | undefined
  /** where parts of it begin that the engine does not read */
  readonly otherStarts: readonly number[]
}

/** Reads a ColumnChunk of parquet.thrift; undefined where it names bytes that are not before the footer, or none. */
export function statedChunk(column: unknown, footerStart: number): StatedChunk | undefined {
  const chunk = fieldsOf(column)
  const [filePath, meta, offsetIndex, columnIndex, encryption] = [chunk[1], fieldsOf(chunk[3]), chunk[4], chunk[6], chunk[8]]
  if (filePath !== undefined || encryption !== undefined) return undefined
  const names = listOf(meta[3])
  const [name, length, offset] = [nameOf(names?.[0]), integerOf(meta[7]), integerOf(meta[9])]
  if (name === undefined || offset === undefined || length === undefined) return undefined
  // An index page or a dictionary comes first. Writers without a dictionary may say that it is at 0.
  const before = [integerOf(meta[10]), integerOf(meta[11])].filter((at) => at !== undefined && at >= firstByte)
  const pages = { offset: Math.min(offset, ...before.map(Number)), length }
  const bloomStart = integerOf(meta[14])
  const bloomFilter = bloomStart === undefined ? undefined : { offset: bloomStart, length: integerOf(meta[15]) }
  const filterRange = { offset: bloomStart ?? firstByte, length: bloomFilter?.length ?? 0 }
  if (![pages, filterRange].every((range) => isBefore(range, footerStart))) return undefined
  const statistics = fieldsOf(meta[12])
  return {
    name,
    isNested: names?.length !== 1,
    pages,
    bloomFilter,
    otherStarts: [offsetIndex, columnIndex].map(integerOf).filter((at) => at !== undefined),
    minimum: bytesOf(statistics[6]),
    maximum: bytesOf(statistics[5]),
  }
}

/** After the magic. */
const firstByte = 4

function isBefore({ offset, length }: ByteRange, footerStart: number): boolean {
  return offset >= firstByte && length >= 0 && offset + length <= footerStart
}

/**
 * With the ranges that are read of each. They end where something else begins and not where a chunk says that it ends, which some
 * writers got wrong: a page of which only the beginning is there would be read as if it held zeros.
 */
export function withRanges(
  groups: readonly (readonly StatedChunk[])[],
  footerStart: number,
): readonly (readonly ColumnChunk[])[] {
  const starts = groups.flatMap((group) =>
    group.flatMap(({ pages, bloomFilter, otherStarts }) => [pages.offset, bloomFilter?.offset ?? footerStart, ...otherStarts]),
  )
  const sorted = Float64Array.from([...starts, footerStart]).sort()
  const nextStart = (offset: number) => Math.min(sorted[firstFrom(sorted, offset)] ?? footerStart, footerStart)
  return groups.map((group) =>
    group.map(({ pages, bloomFilter, name, isNested, minimum, maximum }) => {
      const ranges = [{ offset: pages.offset, length: nextStart(endOf(pages)) - pages.offset }]
      if (bloomFilter !== undefined) {
        const { offset, length = nextStart(offset + 1) - offset } = bloomFilter
        ranges.push({ offset, length })
      }
      return { name, isNested, minimum, maximum, ranges }
    }),
  )
}

/** Index of the first that is not smaller. */
function firstFrom(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? value) < value) low = middle + 1
    else high = middle
  }
  return low
}
