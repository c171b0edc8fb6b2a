import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js'
import { type ByteRange, endOf } from './byte-ranges.ts'
import { isPlainThrift } from './plain-thrift.ts'

/** Where the columns of a Parquet file lie. All ranges are inside the file, before its footer. */
export interface ParquetFooter {
  readonly columns: readonly ColumnType[]
  readonly rowGroups: readonly RowGroup[]
}

/** A column that is not nested, as parquet.thrift numbers its types. */
export interface ColumnType {
  /** in lower case, as the engine compares names */
  readonly name: string
  readonly physical: number
  readonly converted: number | undefined
  readonly logical: Fields | undefined
  readonly scale: number | undefined
  readonly precision: number | undefined
}

export type RowGroup = readonly ColumnChunk[]

export interface ColumnChunk {
  /** of the column, or of what it is nested in, in lower case */
  readonly name: string
  readonly isNested: boolean
  /** its pages, and its Bloom filter if it has one */
  readonly ranges: readonly ByteRange[]
  /** the statistics' `min_value` and `max_value`, as they are encoded */
  readonly minimum: Uint8Array | undefined
  readonly maximum: Uint8Array | undefined
}

/** Of one struct: number of the field → value, as the parser gives it. */
export type Fields = Readonly<Record<`field_${number}`, unknown>>

/** Some 60 000 column chunks. What a parser makes of a footer takes several times its length. */
const maxValues = 2_000_000
export const maxFooterBytes = 16 << 20

/** Behind what a chunk says is its end up to here, as far as the next thing does not begin: some writers forgot a page header. */
const slackBytes = 4096

/** The length of the footer with what follows it (its length, the magic), from the last eight bytes of a file; undefined for what is no Parquet file. */
export function footerLength(tail: Uint8Array, fileLength: number): number | undefined {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  if (tail.length < 8 || view.getUint32(tail.length - 4, true) !== parquetMagic) return undefined
  const length = view.getUint32(tail.length - 8, true) + 8
  return length <= maxFooterBytes && length + 4 <= fileLength ? length : undefined
}

/** `PAR1`, read as a little-endian integer. */
const parquetMagic = 0x31524150

/**
 * Reads a footer that somebody else wrote.
 * @param footer from where it begins, which is at `start` of the file
 * @returns undefined for one that makes no sense here: it names bytes that are not before it, is larger than any that we know,
 * or is nothing at all
 */
export function parseFooter(footer: Uint8Array, start: number): ParquetFooter | undefined {
  if (!isPlainThrift(footer, maxValues)) return undefined
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength)
  const metadata: Fields = deserializeTCompactProtocol({ view, offset: 0 })
  const rowGroups = listOf(metadata.field_4)?.map((group) =>
    listOf(fieldsOf(group).field_1)?.map((column) => statedChunk(column, start)),
  )
  const columns = listOf(metadata.field_2)?.flatMap(columnType)
  if (rowGroups === undefined || columns === undefined) return undefined
  const stated: StatedChunk[][] = []
  for (const group of rowGroups) {
    if (!group?.every((chunk) => chunk !== undefined)) return undefined
    stated.push(group)
  }
  return { columns, rowGroups: withRanges(stated, start) }
}

interface StatedChunk extends Omit<ColumnChunk, 'ranges'> {
  readonly pages: ByteRange
  readonly bloomFilter: { readonly offset: number; readonly length: number | undefined } | undefined
}

/** ColumnChunk of parquet.thrift; undefined where it has no bytes, or some that are not before the footer. */
function statedChunk(column: unknown, footerStart: number): StatedChunk | undefined {
  // Another file's, or encrypted once more.
  const { field_1: filePath, field_3: meta, field_8: crypto } = fieldsOf(column)
  if (filePath !== undefined || crypto !== undefined) return undefined
  const {
    field_3: path,
    field_7: size,
    field_9: dataPage,
    field_10: indexPage,
    field_11: dictionaryPage,
    ...rest
  } = fieldsOf(meta)
  const names = listOf(path)
  const data = integerOf(dataPage)
  const length = integerOf(size)
  const name = names?.[0]
  if (!(name instanceof Uint8Array) || data === undefined || length === undefined) return undefined
  // Where the engine begins to read: writers without a dictionary may say that it is at 0.
  const offset = Math.min(
    data,
    ...[indexPage, dictionaryPage]
      .map(integerOf)
      .filter((at) => at !== undefined && at >= 4)
      .map(Number),
  )
  const bloomOffset = integerOf(rest.field_14)
  const bloomFilter = bloomOffset === undefined ? undefined : { offset: bloomOffset, length: integerOf(rest.field_15) }
  const all = [{ offset, length }, ...(bloomFilter === undefined ? [] : [{ ...bloomFilter, length: bloomFilter.length ?? 0 }])]
  if (!all.every((range) => range.offset >= 4 && range.length >= 0 && endOf(range) <= footerStart)) return undefined
  const { field_5: maximum, field_6: minimum } = fieldsOf(rest.field_12)
  return {
    name: textOf(name),
    isNested: names?.length !== 1,
    pages: { offset, length },
    bloomFilter,
    minimum: minimum instanceof Uint8Array ? minimum : undefined,
    maximum: maximum instanceof Uint8Array ? maximum : undefined,
  }
}

/** A range never ends inside of something that the file holds, so what is not read is a hole from its first byte on. */
function withRanges(groups: readonly (readonly StatedChunk[])[], footerStart: number): readonly RowGroup[] {
  const starts = groups.flatMap((group) =>
    group.flatMap(({ pages, bloomFilter }) => [pages.offset, bloomFilter?.offset ?? footerStart]),
  )
  const sorted = Float64Array.from([...starts, footerStart]).sort()
  const nextStart = (offset: number) => sorted[firstFrom(sorted, offset)] ?? footerStart
  return groups.map((group) =>
    group.map(({ pages, bloomFilter, ...chunk }) => {
      const end = endOf(pages)
      const ranges = [{ offset: pages.offset, length: Math.min(nextStart(end), end + slackBytes) - pages.offset }]
      if (bloomFilter !== undefined) {
        const { offset, length = nextStart(offset + 1) - offset } = bloomFilter
        ranges.push({ offset, length })
      }
      return { ...chunk, ranges }
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

/** SchemaElement of parquet.thrift: a leaf has a type. */
function columnType(element: unknown): ColumnType[] {
  const {
    field_1: physical,
    field_4: name,
    field_6: converted,
    field_7: scale,
    field_8: precision,
    field_10: logical,
  } = fieldsOf(element)
  if (!(name instanceof Uint8Array) || typeof physical !== 'number') return []
  const numbers = { converted: integerOf(converted), scale: integerOf(scale), precision: integerOf(precision) }
  return [{ name: textOf(name), physical, logical: logical === undefined ? undefined : fieldsOf(logical), ...numbers }]
}

export function fieldsOf(value: unknown): Fields {
  // What the parser makes of a struct has no other keys.
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value)
    ? (value as Fields)
    : {}
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).toLowerCase()
}
