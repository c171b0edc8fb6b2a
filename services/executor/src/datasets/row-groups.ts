import type { Condition, Scan } from '@reinraum/policy'
import type { Column } from '@reinraum/statements'
import type { ColumnChunk } from './column-chunk.ts'
import type { ColumnType, ParquetFooter, RowGroup } from './parquet-footer.ts'
import { fieldsOf } from './thrift-fields.ts'

/** Whether a scan reads a row group, as far as it can be told. */
export type Reads = (rowGroup: RowGroup, scan: Scan) => boolean

/**
 * The row groups that a scan reads: those in which the statistics of one column leave room for a row. Only what the query engine leaves out
 * by itself is left out, or else it would find a hole there: whole numbers, days, times and decimals that the file has in exactly
 * the type that is declared, compared as `NumericStats::CheckZonemap` of DuckDB compares them.
 * @param clusteredBy the one column whose values may show in what is read
 */
export function readsOf({ columns }: ParquetFooter, clusteredBy: Column | undefined): Reads {
  if (clusteredBy === undefined) return () => true
  const name = clusteredBy.name.toLowerCase()
  const [own, ...others] = columns.filter((column) => column.name === name)
  const width = own === undefined || others.length > 0 ? undefined : widthOf(own, clusteredBy.type)
  if (width === undefined) return () => true
  return (rowGroup, { conditions }) => {
    const [chunk, ...more] = rowGroup.filter((found) => found.name === name)
    const bounds = chunk === undefined || more.length > 0 ? undefined : boundsOf(chunk, width)
    if (bounds === undefined) return true
    return conditions.every(
      (condition) => condition.column !== clusteredBy.name || leavesRoom(condition, clusteredBy.type, bounds),
    )
  }
}

interface Bounds {
  readonly minimum: bigint
  readonly maximum: bigint
}

function leavesRoom(condition: Condition, type: string, { minimum, maximum }: Bounds): boolean {
  const constants = condition.operator === 'in' ? condition.values : [condition.value]
  return constants.some(({ type: ofConstant, value }) => {
    if (ofConstant !== type || typeof value !== 'bigint') return true
    switch (condition.operator) {
      case '=':
      case 'in':
        return minimum <= value && value <= maximum
      case '<':
        return minimum < value
      case '<=':
        return minimum <= value
      case '>':
        return maximum > value
      case '>=':
        return maximum >= value
      default:
        return condition satisfies never
    }
  })
}

function boundsOf({ isNested, minimum, maximum }: ColumnChunk, width: 4 | 8): Bounds | undefined {
  if (isNested || minimum?.length !== width || maximum?.length !== width) return undefined
  const bounds = { minimum: integerIn(minimum), maximum: integerIn(maximum) }
  // What a writer says that makes no sense.
  return bounds.minimum <= bounds.maximum ? bounds : undefined
}

function integerIn(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true)
}

/** Numbers of parquet.thrift: Type, ConvertedType. */
const [int32, int64] = [1, 2]
const convertedTypes = { decimal: 5, date: 6, int8: 15, int16: 16, int32: 17, int64: 18 }

/** Bytes of a statistic where the file's type is the declared one, so that nothing is converted between them. */
function widthOf({ physical, converted, logical, scale, precision }: ColumnType, declared: string): 4 | 8 | undefined {
  const integer = fieldsOf(logical?.field_10)
  const isInteger = (bits: number, stated: number) =>
    converted === stated && (logical === undefined || (integer.field_1 === bits && integer.field_2 === true))
  const isPlain = converted === undefined && logical === undefined
  switch (declared) {
    case 'TINYINT':
      return physical === int32 && isInteger(8, convertedTypes.int8) ? 4 : undefined
    case 'SMALLINT':
      return physical === int32 && isInteger(16, convertedTypes.int16) ? 4 : undefined
    case 'INTEGER':
      return physical === int32 && (isPlain || isInteger(32, convertedTypes.int32)) ? 4 : undefined
    case 'BIGINT':
      return physical === int64 && (isPlain || isInteger(64, convertedTypes.int64)) ? 8 : undefined
    case 'DATE':
      return physical === int32 && converted === convertedTypes.date ? 4 : undefined
    case 'TIMESTAMP': {
      const { field_1: isAdjustedToUtc, field_2: unit } = fieldsOf(logical?.field_8)
      return physical === int64 && isAdjustedToUtc === false && fieldsOf(unit).field_2 !== undefined ? 8 : undefined
    }
    default: {
      const isDecimal = converted === convertedTypes.decimal && declared === `DECIMAL(${precision},${scale ?? 0})`
      if (!isDecimal) return undefined
      return physical === int32 ? 4 : physical === int64 ? 8 : undefined
    }
  }
}
