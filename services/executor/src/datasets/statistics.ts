import type { ColumnChunk } from './column-chunk.ts'
import { fieldsOf } from './compact-thrift.ts'
import type { ColumnType } from './parquet-footer.ts'

/** How the statistics of a column are encoded that are understood here. */
export type StatisticsKind = 'int32' | 'int64' | 'text'

/** The smallest and the largest value of a chunk, or less and more than these. */
export type Bounds =
  | { readonly kind: 'number'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly kind: 'text'; readonly minimum: Uint8Array; readonly maximum: Uint8Array }

/** Undefined where there are none, or none that make sense. */
export function boundsOf({ isNested, minimum, maximum }: ColumnChunk, kind: StatisticsKind): Bounds | undefined {
  if (isNested || minimum === undefined || maximum === undefined) return undefined
  if (kind === 'text') return { kind, minimum, maximum }
  const length = kind === 'int32' ? 4 : 8
  if (minimum.length !== length || maximum.length !== length) return undefined
  const bounds = { kind: 'number', minimum: integerIn(minimum), maximum: integerIn(maximum) } as const
  return bounds.minimum <= bounds.maximum ? bounds : undefined
}

function integerIn(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true)
}

/** Numbers of parquet.thrift. */
const physicalTypes = { int32: 1, int64: 2, byteArray: 6 }
const convertedTypes = { utf8: 0, decimal: 5, date: 6, int8: 15, int16: 16, int32: 17, int64: 18 }

/** Only where the file's type is the declared one, so that the engine converts nothing between them. */
export function kindOf(column: ColumnType, declared: string): StatisticsKind | undefined {
  switch (column.physical) {
    case physicalTypes.int32:
      return isInt32(column, declared) ? 'int32' : undefined
    case physicalTypes.int64:
      return isInt64(column, declared) ? 'int64' : undefined
    case physicalTypes.byteArray:
      return declared === 'VARCHAR' && column.converted === convertedTypes.utf8 ? 'text' : undefined
    default:
      return undefined
  }
}

function isInt32(column: ColumnType, declared: string): boolean {
  switch (declared) {
    case 'TINYINT':
      return isInteger(column, 8, convertedTypes.int8)
    case 'SMALLINT':
      return isInteger(column, 16, convertedTypes.int16)
    case 'INTEGER':
      return isPlain(column) || isInteger(column, 32, convertedTypes.int32)
    case 'DATE':
      return column.converted === convertedTypes.date
    default:
      return isDecimal(column, declared)
  }
}

function isInt64(column: ColumnType, declared: string): boolean {
  switch (declared) {
    case 'BIGINT':
      return isPlain(column) || isInteger(column, 64, convertedTypes.int64)
    case 'TIMESTAMP': {
      // Local time, in microseconds.
      const [, isAdjustedToUtc, unit] = fieldsOf(column.logical?.[8])
      return isAdjustedToUtc === false && fieldsOf(unit)[2] !== undefined
    }
    default:
      return isDecimal(column, declared)
  }
}

function isPlain({ converted, logical }: ColumnType): boolean {
  return converted === undefined && logical === undefined
}

function isInteger({ converted, logical }: ColumnType, bits: number, stated: number): boolean {
  const [, width, isSigned] = fieldsOf(logical?.[10])
  return converted === stated && (logical === undefined || (width === bits && isSigned === true))
}

function isDecimal({ converted, precision, scale }: ColumnType, declared: string): boolean {
  return converted === convertedTypes.decimal && declared === `DECIMAL(${precision},${scale ?? 0})`
}
