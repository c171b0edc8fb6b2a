import { describe, expect, test } from 'vitest'
import type { ColumnRule } from '../parts/analysis-rule.ts'
import { analysisRuleSchema } from '../parts/analysis-rule.ts'
import type { Column } from '../parts/dataset-schema.ts'
import { ruleFaults } from './rule.ts'

function faults(type: Column['type'], column: ColumnRule, unit = 'x'): readonly string[] {
  const rule = analysisRuleSchema.parse({
    version: 1,
    modes: ['aggregation'],
    privacyUnit: { column: unit },
    columns: { x: column },
    output: { minimumGroupSize: 5, maxRows: 1 },
    approvals: { by: ['clinic'], threshold: 'all' },
  })
  return ruleFaults(rule, { columns: [{ name: 'x', type }] })
}
const domain = (type: Column['type'], ...values: (string | number)[]) => faults(type, { dimension: true, domain: values })

describe('a rule that does not fit its dataset is told where', () => {
  test('columns that the schema does not have', () => {
    expect(faults('VARCHAR', {}, 'y')).toEqual([
      'privacyUnit.column: is no column of the schema; write a name as the schema does',
    ])
    const rule = { ...analysisRuleSchema.parse(minimal), columns: { X: {}, x: {} } }
    expect(ruleFaults(rule, { columns: [{ name: 'x', type: 'DATE' }] })).toEqual([
      'columns.X: is no column of the schema; write a name as the schema does',
    ])
  })

  test('statistics and bounds of what is no number', () => {
    expect(faults('VARCHAR', { aggregate: ['count', 'count_distinct'] })).toEqual([])
    expect(faults('VARCHAR', { aggregate: ['count', 'median'] })).toEqual([
      'columns.x.aggregate: median of VARCHAR is not possible; write count or count_distinct',
    ])
    expect(faults('DATE', { bounds: [0, 1] })).toEqual(['columns.x.bounds: DATE has no bounds; remove them'])
    expect(faults('DECIMAL(18,2)', { aggregate: ['sum', 'median'], bounds: [0, 1] })).toEqual([])
  })

  test('groups that the column cannot hold', () => {
    expect(domain('VARCHAR', 'a', 'secret')).toEqual([])
    expect(domain('VARCHAR', 1)).toEqual(['columns.x.domain: holds a value that is no VARCHAR; write texts'])
    expect(domain('TINYINT', 127, -128)).toEqual([])
    expect(domain('DATE', '2024-02-29')).toEqual([])
    expect(domain('DATE', '2023-02-29')).toEqual([
      'columns.x.domain: holds a value that is no DATE; write texts such as 2026-01-31',
    ])
    expect(domain('TIMESTAMP', '2024-02-29 23:59:59')).toEqual([])
    expect(domain('TIME', '00:00:00')).toEqual([])
    expect(domain('DECIMAL(4,2)', -99.25, 0.5)).toEqual([])
    const wrong: readonly (readonly [Column['type'], string | number])[] = [
      ['TINYINT', 128],
      ['INTEGER', 1.5],
      ['BIGINT', 2 ** 60],
      ['BIGINT', '1'],
      ['FLOAT', 0.1],
      ['DOUBLE', '0.1'],
      ['DECIMAL(4,2)', 100],
      ['DECIMAL(4,2)', 0.125],
      ['TIMESTAMP', '2024-02-29T23:59:59'],
      ['TIMESTAMP', '2023-02-29 23:59:59'],
      ['TIME', '24:00:00'],
      ['BOOLEAN', 'true'],
    ]
    for (const [type, value] of wrong) expect([type, value, domain(type, value).length]).toEqual([type, value, 1])
  })
})

const minimal = {
  version: 1,
  modes: ['aggregation'],
  privacyUnit: 'none',
  columns: {},
  output: { maxRows: 1 },
  approvals: { by: ['clinic'], threshold: 'all' },
}
