import { hasType } from '../parameter-domain.ts'
import type { AnalysisRule, ColumnRule } from '../parts/analysis-rule.ts'
import type { Column, DatasetSchema } from '../parts/dataset-schema.ts'
import { faultLine } from '../parts/explain-rule.ts'

/**
 * What a well-formed rule says that its dataset's schema cannot hold: `path: what is wrong; how to fix it`, one line each,
 * none if they fit. Messages hold names and types, never a value.
 */
export function ruleFaults(rule: AnalysisRule, schema: DatasetSchema): readonly string[] {
  const typeOf = (name: string) => schema.columns.find((c) => c.name === name)?.type
  const unit = rule.privacyUnit === 'none' ? undefined : rule.privacyUnit.column
  const unknown = 'is no column of the schema; write a name as the schema does'
  const ofUnit = unit !== undefined && typeOf(unit) === undefined ? [faultLine(['privacyUnit', 'column'], unknown)] : []
  const ofColumns = Object.entries(rule.columns).flatMap(([name, column]) => {
    const type = typeOf(name)
    return type === undefined ? [faultLine(['columns', name], unknown)] : columnFaults(name, column, type)
  })
  return [...ofUnit, ...ofColumns]
}

function columnFaults(name: string, rule: ColumnRule, type: Column['type']): readonly string[] {
  const faults: string[] = []
  const fault = (part: keyof ColumnRule, message: string) => faults.push(faultLine(['columns', name, part], message))
  if (!isNumber(type)) {
    const numeric = (rule.aggregate ?? []).filter((f) => f !== 'count' && f !== 'count_distinct')
    if (numeric.length > 0)
      fault('aggregate', `${numeric.join(' and ')} of ${type} is not possible; write count or count_distinct`)
    if (rule.bounds !== undefined) fault('bounds', `${type} has no bounds; remove them`)
  }
  if (type === 'BOOLEAN' && rule.domain !== undefined) fault('domain', 'BOOLEAN has its own two values; remove the domain')
  else if (rule.domain?.some((value) => !fits(type, value)))
    fault('domain', `holds a value that is no ${type}; ${spelling(type)}`)
  return faults
}

const integerLimits: Readonly<Record<string, number>> = {
  TINYINT: 2 ** 7,
  SMALLINT: 2 ** 15,
  INTEGER: 2 ** 31,
  BIGINT: Number.MAX_SAFE_INTEGER,
}

function isNumber(type: Column['type']): boolean {
  return Object.hasOwn(integerLimits, type) || type === 'FLOAT' || type === 'DOUBLE' || type.startsWith('DECIMAL')
}

/** One value, one spelling: two of the same value would be two groups. */
function fits(type: Column['type'], value: string | number): boolean {
  const limit = integerLimits[type]
  if (limit !== undefined) return Number.isSafeInteger(value) && Number(value) >= -limit && Number(value) < limit
  switch (type) {
    case 'FLOAT':
      return typeof value === 'number' && Math.fround(value) === value
    case 'DOUBLE':
      return hasType('DOUBLE', value)
    case 'VARCHAR':
    case 'DATE':
      return hasType(type, value)
    case 'TIME':
      return typeof value === 'string' && isTime(value)
    case 'TIMESTAMP':
      return typeof value === 'string' && value[10] === ' ' && hasType('DATE', value.slice(0, 10)) && isTime(value.slice(11))
    default:
      return typeof value === 'number' && isDecimal(type, value)
  }
}

function isTime(text: string): boolean {
  return /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(text)
}

function isDecimal(type: string, value: number): boolean {
  const [width = 0, scale = 0] = (type.match(/\d+/g) ?? []).map(Number)
  const written = /^-?(\d+)(?:\.(\d+))?$/.exec(String(value))
  const whole = written?.[1] === '0' ? '' : (written?.[1] ?? '')
  return written !== null && whole.length <= width - scale && (written[2] ?? '').length <= scale
}

function spelling(type: Column['type']): string {
  if (isNumber(type)) return 'write numbers that its columns can hold'
  const forms: Readonly<Record<string, string>> = {
    DATE: '2026-01-31',
    TIME: '23:59:59',
    TIMESTAMP: '2026-01-31 23:59:59',
  }
  return forms[type] === undefined ? 'write texts' : `write texts such as ${forms[type]}`
}
