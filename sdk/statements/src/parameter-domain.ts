import type { Parameter, ParameterValue } from './kinds/query.ts'

/** Whether the value has the parameter's type and stands in its domain. Nothing is converted. */
export function parameterInDomain(parameter: Parameter, value: unknown): boolean {
  const { type, domain } = parameter
  if (!hasType(type, value)) return false
  if ('values' in domain) return domain.values.some((allowed) => hasType(type, allowed) && allowed === value)
  if (type === 'BOOLEAN' || !hasType(type, domain.minimum) || !hasType(type, domain.maximum)) return false
  return compareValues(domain.minimum, value) <= 0 && compareValues(value, domain.maximum) <= 0
}

/** Whether a JSON value is a value of the SQL type: a BIGINT is a safe integer, a DATE a real calendar date. */
export function hasType(type: Parameter['type'], value: unknown): value is ParameterValue {
  switch (type) {
    case 'BIGINT':
      return Number.isSafeInteger(value)
    case 'DOUBLE':
      return typeof value === 'number' && Number.isFinite(value)
    case 'VARCHAR':
      return typeof value === 'string' && value.isWellFormed()
    case 'DATE':
      return typeof value === 'string' && isCalendarDate(value)
    case 'BOOLEAN':
      return typeof value === 'boolean'
  }
}

/** Numbers by magnitude, strings by code point. Values of different types do not compare: NaN, which is neither ≤ nor > 0. */
export function compareValues(a: ParameterValue, b: ParameterValue): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b)
  return Number.NaN
}

/** `<` on strings compares UTF-16 units and puts U+10000 before U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (c) => c.codePointAt(0) ?? 0)
  const right = Array.from(b, (c) => c.codePointAt(0) ?? 0)
  for (const [i, point] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    if (point !== other) return point < other ? -1 : 1
  }
  return left.length === right.length ? 0 : -1
}

function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false
  const date = new Date(`${text}T00:00:00.000Z`)
  // V8 rolls 31 February over to March instead of refusing it.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
