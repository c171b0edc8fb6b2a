import { expect, it } from 'vitest'
import { countedText, statedText } from './unit-rows-text.ts'

const column = 'person'
const privacyUnit = { column, maxRowsPerUnit: 8, maxGroupsPerUnit: 2 }

it('says what was counted beside what the rule counts', () => {
  expect(countedText({ column, most: 3 }, { privacyUnit })).toBe('no person has more than 3 rows; the rule counts at most 8')
  expect(countedText({ column, most: 1 }, { privacyUnit: { column, maxGroupsPerUnit: 2 } })).toBe(
    'no person has more than 1 row; the rule counts at most 2 groups',
  )
})

it('warns of rows that results leave out', () => {
  expect(countedText({ column, most: 8 }, { privacyUnit })).not.toContain('WARNING')
  expect(countedText({ column, most: 9 }, { privacyUnit })).toBe(
    'WARNING: a person has 9 rows; the rule counts at most 8, and results leave the others out',
  )
})

it.each([
  [0, 'no row was left out'],
  [1, '1 row was left out'],
  [20, '20 rows were left out'],
])('says that of %j rows were left out', (leftOut, text) => {
  expect(countedText({ column, most: 8, leftOut }, { privacyUnit })).toBe(
    `${text}; no person has more than 8 rows; the rule counts at most 8`,
  )
})

it('says when nobody knows', () => {
  expect(countedText({ column, most: null }, { privacyUnit })).toBe(
    'too many to count the rows of each person here; queries with noise take longer',
  )
})

it('says what a manifest states, in one line whatever the column is called', () => {
  expect(statedText({ column: 'a\nb', rowsAtMost: 8 })).toBe('no a b has more than 8 rows')
})
