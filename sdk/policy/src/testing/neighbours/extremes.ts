import { quote } from '../../engine/shadow.ts'
import type { Dataset } from '../honest/field.ts'

// Rows at the edge of what types hold, of enough units that groups of them are shown.

const edges: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['NULL', 'TRUE', 'FALSE'],
  TINYINT: ['-128', 'NULL', '127', '0'],
  SMALLINT: ['-32768', 'NULL', '32767', '0'],
  INTEGER: ['-2147483648', 'NULL', '2147483647', '0', '1'],
  BIGINT: ['-9223372036854775808', 'NULL', '9223372036854775807', '0'],
  FLOAT: ["'nan'", 'NULL', "'infinity'", "'-infinity'", '3.4028235e38', '-0.0', '1e-45'],
  DOUBLE: ["'nan'", 'NULL', "'infinity'", "'-infinity'", '1.7976931348623157e308', '-0.0', '5e-324'],
  VARCHAR: ["''", 'NULL', "' '", "'O''Brien \"é😀\"'", "repeat('%_\\', 700)", "'-9223372036854775809'"],
  DATE: ["'infinity'", 'NULL', "'-infinity'", "'5877642-06-25 (BC)'", "'5881580-07-10'", "'0001-01-01'"],
  TIMESTAMP: ["'infinity'", 'NULL', "'-infinity'", "'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'"],
  TIME: ["'00:00:00'", 'NULL', "'24:00:00'", "'23:59:59.999999'"],
}

function edgesOf(type: string): readonly string[] {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type)
  if (decimal === null) return edges[type] ?? ['NULL']
  const digits = '9'.repeat(Number(decimal[1]))
  const most = `${digits.slice(0, -Number(decimal[2])) || '0'}.${digits.slice(digits.length - Number(decimal[2]))}`
  return [`-${most}`, 'NULL', most, '0']
}

/** Units that no dataset of the fields has: some like others, some extreme themselves. */
export function extremeUnits(type: string): readonly string[] {
  const like = Array.from({ length: 11 }, (_, i) => (type === 'VARCHAR' ? `'edge ${i}'` : String(8_000_000 + i)))
  return [...like, ...edgesOf(type).filter((value) => value !== 'NULL' && value !== '0')]
}

/** SQL that adds rows with each edge of each type, in several combinations, to every unit. */
export function addExtremes({ slot }: Dataset): string {
  const { privacyUnit } = slot.rule
  const unit = privacyUnit === 'none' ? null : privacyUnit.column
  const columns = slot.schema.columns
  const units = unit === null ? ['NULL'] : ['NULL', ...extremeUnits(columns.find((c) => c.name === unit)?.type ?? 'BIGINT')]
  const rows = units.flatMap((value) =>
    Array.from({ length: 7 }, (_, row) => {
      const cells = columns.map(({ name, type }, i) => {
        const of = edgesOf(type)
        return name === unit ? value : (of[(row + i * i) % of.length] ?? 'NULL')
      })
      return `(${cells.join(', ')})`
    }),
  )
  return `INSERT INTO ${quote(slot.id)} VALUES ${rows.join(', ')}`
}
