import { expect, test } from 'vitest'
import { createRateTable } from './rate-table.ts'

test('a burst is let through at once, and then as much as time brings', () => {
  let now = 0
  const table = createRateTable({ burst: 3, perSecond: 2 }, 10, () => now)
  const taken = (times: number) => Array.from({ length: times }, () => table.take('a')).filter(Boolean).length
  expect(taken(10)).toBe(3)
  now = 499
  expect(taken(1)).toBe(0)
  now = 500
  expect(taken(2)).toBe(1)
  now = 1000
  expect(taken(2)).toBe(1)
  now = 1_000_000
  expect(taken(10)).toBe(3)
})

test('what one takes is not missing to another, and asking takes nothing', () => {
  const table = createRateTable({ burst: 1, perSecond: 1 }, 10, () => 0)
  expect(table.take('a')).toBe(true)
  expect([table.allows('a'), table.allows('b'), table.allows('b')]).toEqual([false, true, true])
  expect([table.knows('a'), table.knows('b')]).toEqual([true, false])
})

test('a million callers take no more room than the table has, and an active one is not forgotten', () => {
  const table = createRateTable({ burst: 1, perSecond: 0.001 }, 1000, () => 0)
  table.take('active')
  let largest = 0
  for (let i = 0; i < 1_000_000; i++) {
    table.take(`caller ${i}`)
    if (i % 400 === 0) expect(table.take('active')).toBe(false)
    largest = Math.max(largest, table.size)
  }
  expect(largest).toBeLessThanOrEqual(1000)
  expect(largest).toBeGreaterThan(900)
})

test.each([
  { burst: 0, perSecond: 1 },
  { burst: 1, perSecond: 0 },
  { burst: Number.NaN, perSecond: 1 },
  { burst: 1, perSecond: Number.POSITIVE_INFINITY },
])('%j is no rate', (rate) => {
  expect(() => createRateTable(rate, 10, () => 0)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
