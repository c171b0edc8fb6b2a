import { refuse } from '../reasons.ts'
import { decimalShape, decimalType, doubleType, type Type } from './types.ts'

/** Sums over this many rows stay inside DuckDB's exact types. */
export const maximumRows = 10n ** 12n

/** The largest whole number that a clamped value can have in size. */
export function magnitude([low, high]: readonly [number, number]): bigint {
  return BigInt(Math.ceil(Math.max(Math.abs(low), Math.abs(high))))
}

/** Digits after the point with which values of DOUBLE columns are summed. */
export function sumScale(bounds: readonly [number, number]): number {
  const digits = magnitude(bounds).toString().length
  return Math.max(0, Math.min(9, 18 - digits))
}

/** The type of a sum of clamped values; refuses where it could overflow. */
export function sumType(type: Type, bounds: readonly [number, number], offset: number | undefined): Type {
  const scale = type.family === 'decimal' ? decimalShape(type).scale : type.family === 'double' ? sumScale(bounds) : 0
  const largest = type.family === 'integer' ? minimum(magnitude(bounds), 1n << 63n) : magnitude(bounds)
  if (largest * 10n ** BigInt(scale) * maximumRows >= 10n ** 38n) {
    refuse('bounds-too-wide', 'the bounds of the column are too wide for an exact sum', offset)
  }
  return type.family === 'double' ? doubleType : decimalType(38, scale)
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** Squares of scaled values, summed over all rows, stay below 2^127. */
export function momentScale(type: Type, bounds: readonly [number, number], offset: number | undefined): number {
  const largest = type.family === 'integer' ? minimum(magnitude(bounds), 1n << 63n) : magnitude(bounds)
  const digits = largest.toString().length
  const scale =
    type.family === 'decimal' ? decimalShape(type).scale : type.family === 'double' ? Math.max(0, Math.min(6, 12 - digits)) : 0
  const scaled = largest * 10n ** BigInt(scale)
  if (scaled * scaled * maximumRows >= 1n << 127n) {
    refuse('bounds-too-wide', 'the bounds of the column are too wide for an exact variance', offset)
  }
  return scale
}
