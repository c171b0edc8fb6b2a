import type { AnalysisRule, Column, ColumnRule } from '@reinraum/statements'
import type { SlotInput } from '../analysis/slots.ts'

// Six datasets: two protected by place or company, two by person, two public.

const dimension: ColumnRule = { dimension: true, filter: 'literal' }
const key: ColumnRule = { dimension: true, join: true, filter: 'any' }
const statistics: NonNullable<ColumnRule['aggregate']> = ['sum', 'avg', 'count', 'stddev', 'variance', 'median', 'quantile']

function measure(low: number, high: number, filter: ColumnRule['filter'] = 'none'): ColumnRule {
  return { aggregate: statistics, bounds: [low, high], filter }
}

function rule(
  unit: string | null,
  columns: Record<string, ColumnRule>,
  minimumGroupSize: number,
  maxRows = 10_000,
): AnalysisRule {
  return {
    version: 1,
    modes: ['aggregation'],
    privacyUnit: unit === null ? 'none' : { column: unit },
    columns,
    output: { minimumGroupSize, maxRows },
    approvals: { by: ['owner'], threshold: 'all' },
  }
}

function schema(columns: Record<string, Column['type']>): SlotInput['schema'] {
  return { columns: Object.entries(columns).map(([name, type]) => ({ name, type })) }
}

export const slots: readonly SlotInput[] = [
  {
    id: 'flights',
    schema: schema({ date: 'TIMESTAMP', delay: 'BIGINT', distance: 'BIGINT', origin: 'VARCHAR', destination: 'VARCHAR' }),
    rule: rule(
      'origin',
      {
        date: dimension,
        delay: measure(-60, 600),
        distance: { ...measure(0, 5000), dimension: true, filter: 'literal' },
        origin: { join: true },
      },
      2,
    ),
  },
  {
    id: 'strikes',
    schema: schema({
      'Origin State': 'VARCHAR',
      'Flight Date': 'DATE',
      'Aircraft Airline Operator': 'VARCHAR',
      'Wildlife Size': 'VARCHAR',
      'Cost Total $': 'BIGINT',
      Remarks: 'VARCHAR',
    }),
    rule: rule(
      'Aircraft Airline Operator',
      {
        'Origin State': dimension,
        'Flight Date': dimension,
        'Wildlife Size': dimension,
        'Cost Total $': measure(0, 1_000_000),
        'Aircraft Airline Operator': { aggregate: ['count_distinct'] },
      },
      5,
    ),
  },
  {
    id: 'patients',
    schema: schema({
      person: 'BIGINT',
      name: 'VARCHAR',
      age: 'INTEGER',
      region: 'VARCHAR',
      admitted: 'DATE',
      cost: 'DECIMAL(18,2)',
      score: 'DOUBLE',
      visits: 'SMALLINT',
      smoker: 'BOOLEAN',
    }),
    rule: rule(
      'person',
      {
        person: { join: true, aggregate: ['count_distinct', 'count'] },
        age: { ...measure(0, 120, 'any'), dimension: true, expressions: true },
        region: { ...dimension, join: true },
        admitted: dimension,
        cost: { ...measure(0, 100_000), expressions: true },
        score: { ...measure(-100, 100), expressions: true },
        visits: { ...measure(0, 50, 'column'), expressions: true },
        smoker: dimension,
      },
      5,
    ),
  },
  {
    id: 'pupils',
    schema: schema({ pupil: 'BIGINT', school: 'VARCHAR', grade: 'INTEGER', marks: 'DOUBLE' }),
    rule: rule(
      'pupil',
      {
        pupil: { join: true, dimension: true, aggregate: ['count_distinct'] },
        school: { dimension: true, join: true, filter: 'literal' },
        grade: { ...measure(0, 20, 'literal'), dimension: true },
        marks: measure(0, 100),
      },
      7,
      50,
    ),
  },
  {
    id: 'airports',
    schema: schema({
      iata: 'VARCHAR',
      name: 'VARCHAR',
      city: 'VARCHAR',
      state: 'VARCHAR',
      country: 'VARCHAR',
      latitude: 'DOUBLE',
      longitude: 'DOUBLE',
      rank: 'BIGINT',
    }),
    rule: rule(
      null,
      {
        iata: key,
        name: key,
        city: key,
        state: key,
        country: key,
        latitude: measure(-90, 90),
        rank: { join: true, aggregate: ['sum'], bounds: [0, 1000] },
      },
      2,
    ),
  },
  { id: 'states', schema: schema({ code: 'VARCHAR', name: 'VARCHAR' }), rule: rule(null, { code: key, name: key }, 2) },
]
