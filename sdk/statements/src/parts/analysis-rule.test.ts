import { describe, expect, test } from 'vitest'
import { type AnalysisRule, analysisRuleSchema, needsApproval } from './analysis-rule.ts'
import { explainRule } from './explain-rule.ts'

const rule: AnalysisRule = {
  version: 1,
  modes: ['aggregation'],
  privacyUnit: { column: 'person' },
  columns: { region: { dimension: true, join: true }, cost: { aggregate: ['sum', 'median'], bounds: [0, 100] } },
  output: { minimumGroupSize: 5, maxRows: 100 },
  approvals: { by: ['clinic'], threshold: 'all' },
}
const noise: NonNullable<AnalysisRule['differentialPrivacy']> = {
  epsilonBudget: 4,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteGaussian',
  accounting: 'zcdp',
  refresh: { everyDays: 30, newDataOnly: true },
}
const complete: AnalysisRule = {
  version: 1,
  modes: ['template', 'aggregation', 'overlap'],
  privacyUnit: { column: 'person', maxRowsPerUnit: 10, maxGroupsPerUnit: 3 },
  columns: {
    person: { join: true, aggregate: ['count_distinct'] },
    region: { dimension: true, filter: 'literal', domain: ['north', 'south'] },
    cost: { aggregate: ['sum', 'avg', 'stddev', 'variance', 'median', 'quantile'], bounds: [0, 100], expressions: true },
  },
  scalarFunctions: ['levenshtein'],
  join: { condition: 'all', with: ['school', 'agency'], operators: ['and', 'or'] },
  output: {
    minimumGroupSize: 5,
    onViolation: 'suppressRow',
    complementarySuppression: true,
    differencing: 'suppressRow',
    rounding: 2.5,
    maxRows: 100,
    maxBytes: 4096,
  },
  differentialPrivacy: noise,
  accessBudget: [
    { period: 'day', max: 5 },
    { period: 'lifetime', max: 100 },
  ],
  approvals: { by: ['clinic'], threshold: 1 },
  results: { recipients: ['analyst'], reviewers: [{ member: 'clinic', mode: 'inspect' }] },
}

/** The lines that explain what is wrong with a rule; none for a good one. */
function faults(change: object, base: AnalysisRule = rule): readonly string[] {
  const read = analysisRuleSchema.safeParse({ ...base, ...change })
  return read.success ? [] : explainRule(read.error)
}
const column = (change: object) => faults({ columns: { cost: change } })

describe('a rule', () => {
  test('that says everything it can say is read as it is written', () => {
    expect(analysisRuleSchema.parse(complete)).toEqual(complete)
  })

  test('without a minimum group size gets 20, written into it', () => {
    expect(analysisRuleSchema.parse({ ...rule, output: { maxRows: 9 } }).output).toEqual({ minimumGroupSize: 20, maxRows: 9 })
  })

  test('needs approval of queries where it allows approved SQL only', () => {
    expect(needsApproval({ modes: ['template'] })).toBe(true)
    expect(needsApproval({ modes: ['template', 'overlap'] })).toBe(true)
    expect(needsApproval({ modes: ['overlap'] })).toBe(false)
    expect(needsApproval({ modes: ['template', 'aggregation'] })).toBe(false)
  })
})

describe('a fault is explained with its path and its fix', () => {
  test.each([
    ['sum without a clamp', { aggregate: ['sum', 'count'] }, 'columns.cost.bounds: sum needs bounds; add bounds: [low, high]'],
    [
      'moments without a clamp',
      { aggregate: ['stddev', 'variance'] },
      'columns.cost.bounds: stddev and variance need bounds; add bounds: [low, high]',
    ],
    ['falling bounds', { bounds: [2, 1] }, 'columns.cost.bounds: must rise; write the smaller number first: bounds: [low, high]'],
    ['a domain of no dimension', { domain: [1] }, 'columns.cost.domain: lists groups of no dimension; add dimension: true'],
    [
      'an empty domain',
      { dimension: true, domain: [] },
      'columns.cost.domain: lists no value; name the groups or leave domain out',
    ],
    [
      'a repeated group',
      { dimension: true, domain: ['a', 'a'] },
      'columns.cost.domain: lists a value twice; name each group once',
    ],
    [
      'texts among numbers',
      { dimension: true, domain: ['a', 1] },
      'columns.cost.domain: mixes texts and numbers; write all as one of the two',
    ],
    [
      'an unknown aggregate',
      { aggregate: ['min'] },
      'columns.cost.aggregate[0]: is none of the values allowed; write sum, avg, count, count_distinct, stddev, variance, median or quantile',
    ],
    ['a misspelt field', { dimensoin: true }, 'columns.cost: has the unknown field "dimensoin"; remove it or correct its name'],
    ['a word for a flag', { expressions: 'yes' }, 'columns.cost.expressions: is of the wrong type; write a boolean'],
  ])('%s', (_, change, line) => {
    expect(column(change)).toEqual([line])
  })

  test.each([
    ['a missing part', { output: undefined }, 'output: is missing; add it (object)'],
    [
      'a unit by name alone',
      { privacyUnit: 'person' },
      'privacyUnit: names no column; write {column: …}, or none for public reference data',
    ],
    ['a unit without a column', { privacyUnit: {} }, 'privacyUnit.column: is missing; add it (string)'],
    [
      'a group of one',
      { output: { minimumGroupSize: 1, maxRows: 1 } },
      'output.minimumGroupSize: is too small; write at least 2',
    ],
    [
      'a rounding without a common multiple',
      { output: { maxRows: 1, rounding: 1 / 3 } },
      'output.rounding: must lie between 0.000001 and 1000000000, with six digits after the point at most; write one such as 5',
    ],
    [
      'partners nobody names',
      { join: { condition: 'all' } },
      'join.with: all needs the members whose datasets must be joined; add with: [member, …]',
    ],
    [
      'partners of no condition',
      { join: { condition: 'blocked', with: ['school'] } },
      'join.with: blocked takes no members; leave with out, or write condition: any',
    ],
    [
      'a period twice',
      { accessBudget: [1, 2].map((max) => ({ period: 'day', max })) },
      'accessBudget: names a period twice; keep the smaller max',
    ],
    ['a recipient twice', { results: { recipients: ['a', 'a'] } }, 'results.recipients: names a recipient twice; name each once'],
    [
      'a member with a capital',
      { results: { recipients: ['A'] } },
      'results.recipients[0]: is not written as it must be; expected lower-case letters, digits and dashes',
    ],
    [
      'a budget that one query exceeds',
      { differentialPrivacy: { ...noise, maxEpsilonPerQuery: 5 }, columns: {} },
      'differentialPrivacy.maxEpsilonPerQuery: is more than epsilonBudget; write at most that',
    ],
    [
      'Gaussian noise without a delta',
      { differentialPrivacy: { ...noise, deltaBudget: 0 }, columns: {} },
      'differentialPrivacy.deltaBudget: discreteGaussian needs a delta; write a small one, such as 1e-9',
    ],
    [
      'noise for nobody',
      { differentialPrivacy: noise, privacyUnit: 'none', columns: {} },
      'privacyUnit: differentialPrivacy protects privacy units; name the column that tells them apart',
    ],
    [
      'a median with noise and without bounds',
      { differentialPrivacy: noise, columns: { cost: { aggregate: ['median'] } } },
      'columns.cost.bounds: median with noise needs bounds; add bounds: [low, high]',
    ],
  ])('%s', (_, change, line) => {
    expect(faults(change)).toEqual([line])
  })

  test('overlap without a column to join on and without a column to show', () => {
    expect(faults({ modes: ['overlap'], columns: { cost: {} } })).toEqual([
      'columns: overlap needs a column to join on; add join: true to one',
      'columns: overlap shows dimensions and there is none; add dimension: true to one',
    ])
  })

  test('names that are no plain words stand in quotes, and values never appear', () => {
    const [line] = faults({ columns: { 'Cost\nTotal $': { bounds: ['secret', 1] } } })
    expect(line).toBe('columns."Cost\\nTotal $".bounds[0]: is of the wrong type; write a number')
  })
})

test('a median needs no bounds, and a unit may be a dimension: the guard sees to its groups', () => {
  expect(column({ aggregate: ['median', 'quantile', 'count'] })).toEqual([])
  expect(faults({ columns: { person: { dimension: true, filter: 'literal' } } })).toEqual([])
})
