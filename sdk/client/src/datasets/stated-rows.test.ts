import type { AnalysisRule } from '@reinraum/statements'
import { expect, test } from 'vitest'
import { rowsToKeep, statedRows, unitToCount } from './stated-rows.ts'

const unit = { column: 'person', maxRowsPerUnit: 8, maxGroupsPerUnit: 2 }
const rule = { differentialPrivacy: {}, privacyUnit: unit } as unknown as AnalysisRule

test('rows are counted where a rule asks for noise and bounds what a unit adds', () => {
  expect(unitToCount(rule)).toBe('person')
  const { differentialPrivacy: _, ...exact } = rule
  expect(unitToCount(exact)).toBeUndefined()
  expect(unitToCount({ ...rule, privacyUnit: { column: 'person' } })).toBeUndefined()
  expect(unitToCount({ ...rule, privacyUnit: 'none' })).toBeUndefined()
})

test.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 8],
  [8, 8],
  [9, undefined],
  [null, undefined],
])('of %j rows at most, %j are stated', (most, rowsAtMost) => {
  const stated = rowsAtMost === undefined ? undefined : { column: 'person', rowsAtMost }
  expect(statedRows(rule, { column: 'person', most }, 1000)).toEqual(stated)
})

test('no more is stated than there are rows', () => {
  expect(statedRows(rule, { column: 'person', most: 3 }, 5)?.rowsAtMost).toBe(5)
  expect(statedRows(rule, { column: 'person', most: 0 }, 0)?.rowsAtMost).toBe(1)
})

test('rows are left out where a rule bounds rows, with noise or without, and not where it bounds groups', () => {
  expect(rowsToKeep(rule)).toEqual({ column: 'person', rowsAtMost: 8 })
  expect(rowsToKeep({ privacyUnit: { column: 'person', maxGroupsPerUnit: 2 } })).toBeUndefined()
  expect(rowsToKeep({ privacyUnit: { column: 'person' } })).toBeUndefined()
  expect(rowsToKeep({ privacyUnit: 'none' })).toBeUndefined()
})
