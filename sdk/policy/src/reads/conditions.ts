import type { Column } from '@reinraum/statements'
import type { Condition, Constant, IntegralType } from './scan.ts'

type Node = Readonly<Record<string, unknown>>

const operators = {
  COMPARE_EQUAL: '=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
} as const

const integral: ReadonlySet<string> = new Set<IntegralType>(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DATE', 'TIMESTAMP'])

/**
 * What a filter of a scan asks of a column, as far as it can be said exactly: nothing is left out but conditions. A filter that
 * DuckDB calls optional is asked again above the scan, so it holds all the same.
 */
export function conditionsOf(filter: unknown, { name, type }: Column): readonly Condition[] {
  const { filter_type, child_filters, child_filter, comparison_type, constant, values } = (filter ?? {}) as Node
  switch (filter_type) {
    case 'CONJUNCTION_AND':
      return listOf(child_filters).flatMap((child) => conditionsOf(child, { name, type }))
    case 'OPTIONAL_FILTER':
      return conditionsOf(child_filter, { name, type })
    case 'CONSTANT_COMPARISON': {
      const operator = operators[comparison_type as keyof typeof operators]
      const value = constantOf(constant, type)
      return operator === undefined || value === undefined ? [] : [{ column: name, operator, value }]
    }
    case 'IN_FILTER': {
      const known = listOf(values).map((value) => constantOf(value, type))
      const exact = known.filter((value) => value !== undefined)
      return known.length === 0 || exact.length < known.length ? [] : [{ column: name, operator: 'in', values: exact }]
    }
    default:
      return []
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Of the column's own type, or none: whatever is compared otherwise is compared by a rule that is not known here. */
function constantOf(constant: unknown, type: string): Constant | undefined {
  const { type: ofConstant, is_null, value } = (constant ?? {}) as Node
  if (is_null !== false || typeText(ofConstant) !== type) return undefined
  if (type === 'VARCHAR') {
    // the mark of bytes that were no text, such as the end of a range that DuckDB makes of a prefix
    const exact = typeof value === 'string' && !value.includes('\uFFFD')
    return exact ? { type, value } : undefined
  }
  // Beyond 2^53 JSON has lost digits.
  if (!Number.isSafeInteger(value) || !isExactType(type)) return undefined
  return { type, value: BigInt(value as number) }
}

function isExactType(type: string): type is Exclude<Constant['type'], 'VARCHAR'> {
  return integral.has(type) || type.startsWith('DECIMAL(')
}

function typeText(type: unknown): string | undefined {
  const { id, type_info } = (type ?? {}) as { readonly id?: unknown; readonly type_info?: Node }
  if (id === 'DECIMAL') return `DECIMAL(${Number(type_info?.width)},${Number(type_info?.scale)})`
  return typeof id === 'string' ? id : undefined
}
