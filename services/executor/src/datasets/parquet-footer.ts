import { type ColumnChunk, statedChunk, withRanges } from './column-chunk.ts'
import { type Fields, fieldsOf, integerOf, listOf, nameOf, readStruct } from './compact-thrift.ts'

/** Where the columns of a Parquet file lie. */
export interface ParquetFooter {
  readonly columns: readonly ColumnType[]
  readonly rowGroups: readonly RowGroup[]
}

export type RowGroup = readonly ColumnChunk[]

/** A column, or a leaf of a nested one, as parquet.thrift numbers its types. */
export interface ColumnType {
  /** in lower case */
  readonly name: string
  readonly physical: number
  readonly converted: number | undefined
  readonly logical: Fields | undefined
  readonly scale: number | undefined
  readonly precision: number | undefined
}

/** Some 60 000 column chunks. What a parser makes of a footer takes several times its length. */
const maxValues = 2_000_000
const maxFooterBytes = 16 << 20

/** `PAR1`, read as a little-endian integer. */
const magic = 0x31524150
const magicBytes = 4

/**
 * The length of a footer with what follows it, which is its own length and the magic.
 * @param tail the end of the file
 * @returns undefined for what is no Parquet file, and for a longer footer than any that we know
 */
export function footerLength(tail: Uint8Array, fileLength: number): number | undefined {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  if (tail.length < 8 || view.getUint32(tail.length - 4, true) !== magic) return undefined
  const length = view.getUint32(tail.length - 8, true) + 8
  return length <= maxFooterBytes && length + magicBytes <= fileLength ? length : undefined
}

/**
 * Reads a footer that somebody else wrote.
 * @param footer without what follows it
 * @param start where it is in the file
 * @returns undefined for one that makes no sense here: it is none, or larger than any that we know, or names bytes that are not
 * before it
 */
export function parseFooter(footer: Uint8Array, start: number): ParquetFooter | undefined {
  const file = readStruct(footer, maxValues)
  const stated = listOf(file?.[4])?.map((group) => listOf(fieldsOf(group)[1])?.map((column) => statedChunk(column, start)))
  const known = stated?.flatMap((group) => (group?.every((chunk) => chunk !== undefined) ? [group] : []))
  if (file === undefined || known === undefined || known.length !== stated?.length) return undefined
  return { columns: (listOf(file[2]) ?? []).flatMap(columnType), rowGroups: withRanges(known, start) }
}

/** SchemaElement of parquet.thrift: a leaf has a type. */
function columnType(element: unknown): ColumnType[] {
  const fields = fieldsOf(element)
  const [name, physical] = [nameOf(fields[4]), integerOf(fields[1])]
  if (name === undefined || physical === undefined) return []
  const [converted, scale, precision] = [fields[6], fields[7], fields[8]].map(integerOf)
  return [{ name, physical, converted, scale, precision, logical: fields[10] === undefined ? undefined : fieldsOf(fields[10]) }]
}
