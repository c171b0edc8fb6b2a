import { expect, test } from 'vitest'
import { unitCounter } from './unit-counter.ts'

/** Rows of units by number, null for a row of nobody. */
function counted(units: readonly (number | null)[], capacity?: number) {
  const counter = unitCounter(capacity === undefined ? {} : { capacity })
  for (const unit of units) counter.add(unit, unit === null ? null : 7)
  return { rows: counter.rows(), most: counter.most() }
}

test('the most rows that one unit has are counted, whatever the order', () => {
  expect(counted([])).toEqual({ rows: 0, most: 0 })
  expect(counted([5, 5, 0, 5, 0])).toEqual({ rows: 5, most: 3 })
  const often = Array.from({ length: 50_000 }, (_, i) => (i % 10 === 0 ? 1 : i * 2654435761))
  expect(counted(often).most).toBe(5000)
})

test('rows of nobody count as rows and for no unit', () => {
  expect(counted([null, null, 4])).toEqual({ rows: 3, most: 1 })
})

test('units that differ in either word are two, also where both begin at the same slot', () => {
  const counter = unitCounter({ capacity: 16 })
  for (const [low, high] of [
    [3, 1],
    [3, 2],
    [19, 1],
    [3, 1],
  ] as const)
    counter.add(low, high)
  expect(counter.most()).toBe(2)
})

test('more units than fit are not counted, and not said to be few', () => {
  const units = (n: number) => Array.from({ length: n }, (_, i) => i)
  expect(counted([...units(12), 1], 16)).toEqual({ rows: 13, most: 2 })
  expect(counted([...units(13), 1], 16)).toEqual({ rows: 14, most: null })
  expect(counted([...units(7000), 1], 8192).most).toBe(null)
})

test('of bounded units the first rows pass, and all rows of nobody', () => {
  const counter = unitCounter({ rowsAtMost: 2 })
  const passed = [1, 1, null, 1, 2, null, 1, null].map((unit) => counter.add(unit, unit))
  expect(passed).toEqual([true, true, true, false, true, true, false, true])
  expect({ rows: counter.rows(), leftOut: counter.leftOut(), most: counter.most() }).toEqual({ rows: 6, leftOut: 2, most: 2 })
})

test('more units than fit are not bounded, and nothing passes any more', () => {
  const counter = unitCounter({ rowsAtMost: 2, capacity: 16 })
  for (let unit = 0; unit < 13; unit++) counter.add(unit, 7)
  expect(counter.failure()).toMatchObject({ code: 'unsupported' })
  expect(() => counter.add(1, 7)).toThrow('too many units')
  expect(() => counter.add(null, null)).toThrow('too many units')
})
