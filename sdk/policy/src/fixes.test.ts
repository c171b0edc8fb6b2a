import { describe, expect, test } from 'vitest'
import { fixOf } from './fixes.ts'
import { guardReasons } from './reasons.ts'

describe('every reason for a refusal', () => {
  test.each(guardReasons)('%s says how to change the query, in a sentence', (code) => {
    expect(fixOf(code)).toMatch(/^[A-Z][^\n]{20,160}[^.]\.$/)
  })

  test('has an advice of its own', () => {
    expect(new Set(guardReasons.map(fixOf)).size).toBe(guardReasons.length)
  })
})
