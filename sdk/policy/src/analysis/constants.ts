import type { ParameterValue } from '@reinraum/statements'
import type { z } from 'zod'
import { constantNode, type LogicalType } from '../ast/nodes.ts'
import { offsetOf, read } from '../ast/read.ts'
import { refuse } from '../reasons.ts'
import type { Constant, Expression } from './expression.ts'
import {
  bigintType,
  booleanType,
  dateType,
  decimalType,
  doubleType,
  integerType,
  nullType,
  type Type,
  textType,
  timestampType,
  timeType,
} from './types.ts'

type ConstantNode = z.infer<typeof constantNode>

/** A literal of the query. Kept as text that DuckDB casts, so no number passes through a double on its way. */
export function constantOf(node: unknown): Constant {
  const { value, query_location } = read(constantNode, node, 'constant-not-allowed', 'the guard knows no constant of this type')
  const offset = typeof query_location === 'number' ? query_location : undefined
  if (value.is_null) return { kind: 'constant', type: nullType, text: null }
  return typed(value, offset)
}

function typed(value: Extract<ConstantNode['value'], { is_null: false }>, offset: number | undefined): Constant {
  const raw = value.value
  switch (value.type.id) {
    case 'INTEGER':
    case 'BIGINT':
      if (typeof raw !== 'string' && typeof raw !== 'boolean') return integerConstant(BigInt(raw), offset)
      break
    case 'DOUBLE':
      if (typeof raw === 'number' || typeof raw === 'bigint') return doubleConstant(Number(raw), offset)
      break
    case 'DECIMAL':
      if (typeof raw === 'number' || typeof raw === 'bigint') return decimalConstant(BigInt(raw), value.type)
      break
    case 'VARCHAR':
      if (typeof raw === 'string') return textConstant(raw)
      break
    case 'BOOLEAN':
      if (typeof raw === 'boolean') return booleanConstant(raw)
      break
  }
  return refuse('constant-not-allowed', 'the guard knows no constant of this type', offset)
}

const bigintMaximum = 9223372036854775807n

/** As the parser types it: INTEGER where it fits, else BIGINT; the smallest BIGINT does not survive as text. */
export function integerConstant(value: bigint, offset?: number): Constant {
  if (value > bigintMaximum || value < -bigintMaximum) refuse('constant-not-allowed', 'an integer is too large', offset)
  const small = value >= -2147483648n && value <= 2147483647n
  return { kind: 'constant', type: small ? integerType : bigintType, text: value.toString() }
}

export function doubleConstant(value: number, offset?: number): Constant {
  if (!Number.isFinite(value)) refuse('constant-not-allowed', 'a number is not finite', offset)
  return { kind: 'constant', type: doubleType, text: value.toString() }
}

function decimalConstant(unscaled: bigint, { type_info }: LogicalType): Constant {
  if (type_info === null) return refuse('constant-not-allowed', 'the guard knows no constant of this type')
  const { width, scale } = type_info
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = `${unscaled < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`
  return { kind: 'constant', type: decimalType(width, scale), text }
}

/**
 * Two numbers with a point, added, subtracted or multiplied: exact as in DuckDB, so that `0.06 - 0.01` is the 0.05 that a
 * DECIMAL column holds. undefined for anything else.
 */
export function exactConstant(op: string, a: Expression, b: Expression): Constant | undefined {
  const [left, right] = [unscaledOf(a), unscaledOf(b)]
  if (left === undefined || right === undefined || left.scale + right.scale === 0) return undefined
  if (op !== '+' && op !== '-' && op !== '*') return undefined
  const scale = op === '*' ? left.scale + right.scale : Math.max(left.scale, right.scale)
  const at = ({ digits, scale: own }: Unscaled) => digits * 10n ** BigInt(scale - own)
  const value = op === '*' ? left.digits * right.digits : op === '+' ? at(left) + at(right) : at(left) - at(right)
  const written = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  if (written.length > 18) return undefined
  const text = `${value < 0n ? '-' : ''}${written.slice(0, -scale)}.${written.slice(-scale)}`
  return { kind: 'constant', type: decimalType(written.length, scale), text }
}

interface Unscaled {
  readonly digits: bigint
  readonly scale: number
}

function unscaledOf(value: Expression): Unscaled | undefined {
  if (value.kind !== 'constant' || (value.type.family !== 'integer' && value.type.family !== 'decimal')) return undefined
  const match = /^(-?\d{1,18})(?:\.(\d{1,18}))?$/.exec(value.text ?? '')
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

export function textConstant(text: string): Constant {
  if (text.includes('\0')) refuse('constant-not-allowed', 'a text holds a zero character')
  return { kind: 'constant', type: textType, text }
}

export function booleanConstant(value: boolean): Constant {
  return { kind: 'constant', type: booleanType, text: value ? 't' : 'f' }
}

/** A constant under another type, decided here and not by the engine, so that it cannot fail at run time. */
export function convertConstant(constant: Constant, to: Type, offset?: number): Constant {
  const { text, type } = constant
  if (text === null || type.sql === to.sql) return constant
  const written = type.family === 'text' || (type.family === 'date' && to.family === 'timestamp') ? text : undefined
  const converted = written === undefined ? undefined : canonicalText(written, to)
  if (converted === undefined) return refuse('type-mismatch', `a constant cannot be read as ${to.sql}`, offset)
  return { kind: 'constant', type: to, text: converted }
}

function canonicalText(text: string, to: Type): string | undefined {
  switch (to.family) {
    case 'date':
      return isDate(text) ? text : undefined
    case 'timestamp': {
      const [date = '', time, ...rest] = text.replace('T', ' ').split(' ')
      if (!isDate(date) || rest.length > 0) return undefined
      return time === undefined ? `${date} 00:00:00` : isTime(time) ? `${date} ${time}` : undefined
    }
    case 'time':
      return isTime(text) ? text : undefined
    case 'interval':
      return intervalText(text)
    case 'boolean':
      return /^(t|true)$/i.test(text) ? 't' : /^(f|false)$/i.test(text) ? 'f' : undefined
    default:
      return undefined
  }
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** A whole number of one unit, as the engine reads it. */
export function intervalText(text: string): string | undefined {
  const match = /^\s*(-?\d{1,7})\s+(year|quarter|month|week|day|hour|minute|second)s?\s*$/i.exec(text)
  const [, number = '', unit = ''] = match ?? []
  if (match === null) return undefined
  return unit.toLowerCase() === 'quarter' ? `${Number(number) * 3} months` : `${Number(number)} ${unit.toLowerCase()}s`
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(text)
}

/** A parameter's value as the constant of its declared type; undefined where the value is not of that type. */
export function parameterConstant(type: string, value: ParameterValue): Constant | undefined {
  switch (type) {
    case 'BIGINT':
      return typeof value === 'number' && Number.isSafeInteger(value) ? integerConstant(BigInt(value)) : undefined
    case 'DOUBLE':
      return typeof value === 'number' && Number.isFinite(value) ? doubleConstant(value) : undefined
    case 'VARCHAR':
      return typeof value === 'string' && !value.includes('\0') && value.isWellFormed() ? textConstant(value) : undefined
    case 'DATE':
      return typeof value === 'string' && isDate(value) ? { kind: 'constant', type: dateType, text: value } : undefined
    case 'BOOLEAN':
      return typeof value === 'boolean' ? booleanConstant(value) : undefined
    default:
      return undefined
  }
}

/** `DATE '2020-01-01'`, `TIMESTAMP '…'`, `TIME '…'` and TRUE are casts of text constants. */
export function castConstant(constant: Constant, to: Type, node: unknown): Constant | undefined {
  const literal =
    to.sql === dateType.sql ||
    to.sql === timestampType.sql ||
    to.sql === timeType.sql ||
    to.sql === booleanType.sql ||
    to.family === 'interval'
  return literal && constant.type.family === 'text' ? convertConstant(constant, to, offsetOf(node)) : undefined
}
