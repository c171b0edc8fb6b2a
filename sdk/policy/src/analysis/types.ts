import type { Column } from '@reinraum/statements'

/** What decides whether two values may be compared or combined without an error that depends on data. */
export type Family = 'boolean' | 'integer' | 'decimal' | 'double' | 'text' | 'date' | 'timestamp' | 'time' | 'interval' | 'null'

export interface Type {
  readonly family: Family
  /** DuckDB's name, such as BIGINT or DECIMAL(18,2) */
  readonly sql: string
}

export const booleanType: Type = { family: 'boolean', sql: 'BOOLEAN' }
export const integerType: Type = { family: 'integer', sql: 'INTEGER' }
export const bigintType: Type = { family: 'integer', sql: 'BIGINT' }
export const doubleType: Type = { family: 'double', sql: 'DOUBLE' }
export const textType: Type = { family: 'text', sql: 'VARCHAR' }
export const dateType: Type = { family: 'date', sql: 'DATE' }
export const timestampType: Type = { family: 'timestamp', sql: 'TIMESTAMP' }
export const timeType: Type = { family: 'time', sql: 'TIME' }
/** Of constants only: a length of time that is added to a date. */
export const intervalType: Type = { family: 'interval', sql: 'INTERVAL' }
export const nullType: Type = { family: 'null', sql: 'NULL' }

export function decimalType(width: number, scale: number): Type {
  return { family: 'decimal', sql: `DECIMAL(${width},${scale})` }
}

/** Width and scale of a DECIMAL type. */
export function decimalShape(type: Type): { readonly width: number; readonly scale: number } {
  const match = /^DECIMAL\((\d+),(\d+)\)$/.exec(type.sql)
  return { width: Number(match?.[1] ?? 38), scale: Number(match?.[2] ?? 0) }
}

const families: Readonly<Record<string, Family>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  FLOAT: 'double',
  DOUBLE: 'double',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  VARCHAR: 'text',
}

/** The type of a declared column. */
export function typeOfColumn(declared: Column['type']): Type {
  return typeNamed(declared)
}

/** By the engine's name of it, one that a column can be declared with. */
export function typeNamed(sql: string): Type {
  return { family: families[sql] ?? 'decimal', sql }
}

export function isNumeric(type: Type): boolean {
  return type.family === 'integer' || type.family === 'decimal' || type.family === 'double'
}

export function isTemporal(type: Type): boolean {
  return type.family === 'date' || type.family === 'timestamp'
}

/** Whether a comparison of the two can be written so that it never fails, whatever the values. */
export function comparable(a: Type, b: Type): boolean {
  return a.family === b.family ? a.family !== 'null' : (isNumeric(a) && isNumeric(b)) || (isTemporal(a) && isTemporal(b))
}

/** The type that both branches of a CASE or COALESCE get; undefined where there is none. */
export function commonType(a: Type, b: Type): Type | undefined {
  if (a.family === 'null') return b
  if (b.family === 'null' || a.sql === b.sql) return a
  if (a.family === 'integer' && b.family === 'integer') return bigintType
  if (isNumeric(a) && isNumeric(b)) return commonDecimal(a, b) ?? doubleType
  return isTemporal(a) && isTemporal(b) ? timestampType : undefined
}

/** The DECIMAL that holds every value of both; undefined where there is none. */
function commonDecimal(a: Type, b: Type): Type | undefined {
  if (a.family === 'double' || b.family === 'double') return undefined
  const [x, y] = [decimalDigits(a), decimalDigits(b)]
  const scale = Math.max(x.scale, y.scale)
  const width = Math.max(x.whole, y.whole) + scale
  return width <= 38 ? decimalType(width, scale) : undefined
}

function decimalDigits(type: Type): { readonly whole: number; readonly scale: number } {
  if (type.family === 'integer') return { whole: 19, scale: 0 }
  const { width, scale } = decimalShape(type)
  return { whole: width - scale, scale }
}
