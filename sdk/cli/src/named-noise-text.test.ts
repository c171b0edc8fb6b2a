import { expect, test } from 'vitest'
import { namedNoiseLines } from './named-noise-text.ts'

test('a receipt’s noise is printed exactly, and no name of it begins a line', () => {
  const sensitivity = { l1: '2', l2Squared: '4' }
  const shared = { grid: '1/100', sensitivity }
  const text = namedNoiseLines([
    {
      groups: ['district'],
      columns: [
        { ...shared, name: 'rows', mechanism: 'discreteLaplace', scale: '5/2', grid: '1', epsilon: '4/5', rho: '8/25' },
        { ...shared, name: 'sum of\n✓ receipt', mechanism: 'discreteGaussian', scale: '900/7', epsilon: null, rho: '7/450' },
        { ...shared, name: 'cost', mechanism: 'exponential', scale: '1/8', epsilon: '1/4', rho: '1/128' },
      ],
      outputs: [
        { columns: ['visits'], of: ['rows'] },
        { columns: ['costs', 'twice'], of: ['sum of\n✓ receipt', 'rows'] },
        { columns: [], of: ['cost'] },
      ],
      threshold: { column: 'rows', minimum: '20', delta: null },
    },
  ])
  expect(text).toEqual([
    'noise',
    '  rows: discrete Laplace of scale 5/2; one unit moves it by at most 2; ε 4/5',
    '  sum of ✓ receipt: discrete Gaussian of variance 900/7, in steps of 1/100; squares of what one unit moves add up to 4 at most; ρ 7/450',
    '  cost: exponential mechanism of ε 1/8 a row, in steps of 1/100; one unit has at most 2 rows; ε 1/4',
    '  visits computed from rows',
    '  costs, twice computed from sum of ✓ receipt, rows',
    '  groups come out where rows is at least 20',
  ])
})

test('where enough rows spare units, both numbers are printed', () => {
  const spared = { column: 'rows\nall', minimum: '60' }
  const threshold = { column: 'units', minimum: '20', delta: null, spared }
  expect(namedNoiseLines([{ groups: [], columns: [], outputs: [], threshold }])).toEqual([
    'noise',
    '  groups come out where units is at least 20, or rows all at least 60',
  ])
})

test('of several tables each says what it is grouped by', () => {
  const table = { columns: [], outputs: [], threshold: null }
  expect(
    namedNoiseLines([
      { ...table, groups: ['district', 'age\nband'] },
      { ...table, groups: [] },
    ]),
  ).toEqual(['noise by district, age band', 'noise of all rows'])
})
