import { utf8 } from '@reinraum/crypto'
import type { Condition, Constant, Scan } from '@reinraum/policy'
import type { Column } from '@reinraum/statements'
import type { ParquetFooter, RowGroup } from './parquet-footer.ts'
import { type Bounds, boundsOf, kindOf } from './statistics.ts'

/** Whether a scan reads a row group, as far as it can be told. */
export type Reads = (rowGroup: RowGroup, scan: Scan) => boolean

/**
 * The row groups that a scan reads: those in which the statistics of one column leave room for a row. Only what the query engine
 * leaves out by itself is left out, or else it would find a hole there: it compares as `NumericStats::CheckZonemap` and
 * `StringStats::CheckZonemap` of DuckDB do, of columns that the file has in exactly the type that is declared.
 * @param clusteredBy the one column whose values may show in what is read
 */
export function readsOf({ columns }: ParquetFooter, clusteredBy: Column | undefined): Reads {
  if (clusteredBy === undefined) return () => true
  const name = clusteredBy.name.toLowerCase()
  const [own, ...others] = columns.filter((column) => column.name === name)
  const kind = own === undefined || others.length > 0 ? undefined : kindOf(own, clusteredBy.type)
  if (kind === undefined) return () => true
  return (rowGroup, { conditions }) => {
    const [chunk, ...more] = rowGroup.filter((found) => found.name === name)
    const bounds = chunk === undefined || more.length > 0 ? undefined : boundsOf(chunk, kind)
    if (bounds === undefined) return true
    return conditions.every(
      (condition) => condition.column !== clusteredBy.name || leavesRoom(condition, clusteredBy.type, bounds),
    )
  }
}

function leavesRoom(condition: Condition, type: string, bounds: Bounds): boolean {
  const { operator } = condition
  const constants = operator === 'in' ? condition.values : [condition.value]
  return constants.some((constant) => constant.type !== type || mayFulfil(operator === 'in' ? '=' : operator, constant, bounds))
}

type Comparison = Exclude<Condition['operator'], 'in'>

/** Whether any value within the bounds compares so with the constant. */
function mayFulfil(operator: Comparison, { value }: Constant, bounds: Bounds): boolean {
  if (typeof value === 'bigint')
    return bounds.kind !== 'number' || numberMayFulfil(operator, value, bounds.minimum, bounds.maximum)
  return bounds.kind !== 'text' || textMayFulfil(operator, utf8(value), bounds.minimum, bounds.maximum)
}

function numberMayFulfil(operator: Comparison, value: bigint, minimum: bigint, maximum: bigint): boolean {
  switch (operator) {
    case '=':
      return minimum <= value && value <= maximum
    case '<':
      return minimum < value
    case '<=':
      return minimum <= value
    case '>':
      return maximum > value
    case '>=':
      return maximum >= value
  }
}

function textMayFulfil(operator: Comparison, value: Uint8Array, minimum: Uint8Array, maximum: Uint8Array): boolean {
  switch (operator) {
    case '=':
      return !comesBefore(value, minimum) && !comesBefore(maximum, value)
    case '<':
    case '<=':
      return !comesBefore(value, minimum)
    case '>':
    case '>=':
      return !comesBefore(maximum, value)
  }
}

/** The engine keeps eight bytes of a bound, and writers may cut theirs: what bytes that both have do not decide is read. */
const comparedBytes = 8

function comesBefore(one: Uint8Array, other: Uint8Array): boolean {
  const shared = Math.min(comparedBytes, one.length, other.length)
  for (let i = 0; i < shared; i += 1) {
    const [a = 0, b = 0] = [one[i], other[i]]
    if (a !== b) return a < b
  }
  return false
}
