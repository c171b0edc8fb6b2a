import type { AnalysisRule, Column, ColumnRule, Parameter, ParameterValue } from '@reinraum/statements'
import type { SlotInput } from '../../analysis/slots.ts'

/** What an analyst asks, as analysts write SQL, and the plain SQL that gives the same to whoever holds all the data. */
export interface Question {
  readonly asks: string
  readonly sql: string
  /** without the guard, the threshold written by hand */
  readonly byHand: string
  readonly parameters?: readonly Parameter[]
  readonly values?: Readonly<Record<string, ParameterValue>>
}

/** A dataset as its owner declares it, and the SQL that makes rows for it: arithmetic on row numbers, without chance. */
export interface Dataset {
  readonly slot: SlotInput
  readonly rows: string
}

/** A field of statistics: datasets of several agencies, and what is asked of them. */
export interface Field {
  readonly name: string
  readonly datasets: readonly Dataset[]
  readonly questions: readonly Question[]
}

type Columns = Readonly<Record<string, readonly [type: Column['type'], rule?: ColumnRule]>>

/** A register of units that must not be singled out. */
export function register(id: string, unit: string, minimumGroupSize: number, columns: Columns, rows: string): Dataset {
  return dataset(id, { column: unit }, minimumGroupSize, columns, rows)
}

/** Reference data that anyone may read. */
export function published(id: string, columns: Columns, rows: string): Dataset {
  return dataset(id, 'none', 2, columns, rows)
}

function dataset(
  id: string,
  privacyUnit: AnalysisRule['privacyUnit'],
  minimumGroupSize: number,
  columns: Columns,
  rows: string,
): Dataset {
  const entries = Object.entries(columns)
  const rule: AnalysisRule = {
    version: 1,
    modes: ['aggregation'],
    privacyUnit,
    columns: Object.fromEntries(entries.flatMap(([name, [, rule]]) => (rule === undefined ? [] : [[name, rule]]))),
    output: { minimumGroupSize, maxRows: 10_000 },
    approvals: { by: ['owner'], threshold: 'all' },
  }
  return { slot: { id, schema: { columns: entries.map(([name, [type]]) => ({ name, type })) }, rule }, rows }
}

/** SQL for a number below 2^22 that looks like chance and is the same on every machine. */
export function mixed(number: string, seed = 1): string {
  return `(((${number}) * 2654435761 + ${seed} * 97531) % 4294967296 * 69069 % 4294967296 // 1024)`
}

// Roles of columns, as owners give them.

/** Groups and filters. */
export const dimension: ColumnRule = { dimension: true, filter: 'any' }
/** The privacy unit, and keys beside it: joined and counted, never shown. */
export const identity: ColumnRule = { join: true, aggregate: ['count', 'count_distinct'] }
/** A key that may be shown too, such as that of a place. */
export const place: ColumnRule = { dimension: true, join: true, filter: 'any', aggregate: ['count', 'count_distinct'] }

const statistics: NonNullable<ColumnRule['aggregate']> = ['sum', 'avg', 'count', 'stddev', 'variance', 'median', 'quantile']

/** A number that is summed, alone or in an expression, and compared with constants. */
export function amount(low: number, high: number): ColumnRule {
  return { aggregate: statistics, bounds: [low, high], filter: 'any', expressions: true }
}

/** A number of public reference data. */
export function figure(low: number, high: number): ColumnRule {
  return { ...amount(low, high), dimension: true }
}
