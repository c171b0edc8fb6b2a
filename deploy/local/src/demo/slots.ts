import type { AnalysisRule, Slot } from '@reinraum/statements'

/** Approved by its owner, letter by letter: whatever else the rule says, no other SQL runs. */
function templateRule(owner: string, rule: Omit<AnalysisRule, 'version' | 'modes' | 'approvals'>): AnalysisRule {
  return { version: 1, modes: ['template'], approvals: { by: [owner], threshold: 'all' }, ...rule }
}

/** The four datasets of the demonstration, as their owners describe them in the contract. */
export const slots: readonly Slot[] = [
  {
    id: 'flights',
    owner: 'aviation',
    keyService: 'aviation-keys',
    schema: {
      columns: [
        { name: 'date', type: 'TIMESTAMP' },
        { name: 'delay', type: 'BIGINT' },
        { name: 'distance', type: 'BIGINT' },
        { name: 'origin', type: 'VARCHAR' },
        { name: 'destination', type: 'VARCHAR' },
      ],
    },
    rule: templateRule('aviation', {
      privacyUnit: { column: 'origin' },
      columns: {
        date: { dimension: true, filter: 'literal' },
        delay: { aggregate: ['avg', 'sum'], bounds: [-60, 600] },
        origin: { join: true },
      },
      output: { minimumGroupSize: 2, maxRows: 10_000 },
    }),
  },
  {
    id: 'strikes',
    owner: 'wildlife',
    keyService: 'shared-keys',
    schema: {
      columns: [
        { name: 'Airport Name', type: 'VARCHAR' },
        { name: 'Flight Date', type: 'DATE' },
        { name: 'Aircraft Airline Operator', type: 'VARCHAR' },
        { name: 'Origin State', type: 'VARCHAR' },
        { name: 'Phase of flight', type: 'VARCHAR' },
        { name: 'Wildlife Size', type: 'VARCHAR' },
        { name: 'Wildlife Species', type: 'VARCHAR' },
        { name: 'Cost Total $', type: 'BIGINT' },
      ],
    },
    rule: templateRule('wildlife', {
      privacyUnit: { column: 'Aircraft Airline Operator' },
      columns: {
        'Origin State': { dimension: true, filter: 'literal' },
        'Flight Date': { dimension: true, filter: 'literal' },
        'Wildlife Size': { dimension: true, filter: 'literal' },
        'Cost Total $': { aggregate: ['sum', 'avg'], bounds: [0, 1_000_000] },
      },
      output: { minimumGroupSize: 5, maxRows: 10_000 },
    }),
  },
  {
    id: 'airports',
    owner: 'geography',
    keyService: 'shared-keys',
    schema: {
      columns: [
        { name: 'iata', type: 'VARCHAR' },
        { name: 'name', type: 'VARCHAR' },
        { name: 'city', type: 'VARCHAR' },
        { name: 'state', type: 'VARCHAR' },
        { name: 'country', type: 'VARCHAR' },
        { name: 'latitude', type: 'DOUBLE' },
        { name: 'longitude', type: 'DOUBLE' },
      ],
    },
    rule: templateRule('geography', {
      privacyUnit: 'none',
      columns: {
        iata: { dimension: true, join: true, filter: 'any' },
        name: { dimension: true, filter: 'any' },
        city: { dimension: true, filter: 'any' },
        state: { dimension: true, join: true, filter: 'any' },
        country: { dimension: true, filter: 'any' },
      },
      output: { minimumGroupSize: 2, maxRows: 100_000 },
    }),
  },
  {
    id: 'states',
    owner: 'geography',
    keyService: 'shared-keys',
    schema: {
      columns: [
        { name: 'code', type: 'VARCHAR' },
        { name: 'name', type: 'VARCHAR' },
      ],
    },
    rule: templateRule('geography', {
      privacyUnit: 'none',
      columns: { code: { dimension: true, join: true, filter: 'any' }, name: { dimension: true, join: true, filter: 'any' } },
      output: { minimumGroupSize: 2, maxRows: 100_000 },
    }),
  },
]
