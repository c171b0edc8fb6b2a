import { expect, test } from 'vitest'
import { rational } from '../rational.ts'
import { stepsOf } from './grid.ts'

test('a step may be several points of the grid, and both ends are whole steps within the bounds', () => {
  expect(stepsOf({ bounds: [0, 5000], decimals: 2, every: 500 })).toEqual({ low: 0n, high: 1000n, grid: rational(5) })
  expect(stepsOf({ bounds: [-0.99, 10.04], decimals: 2, every: 5 })).toEqual({ low: -19n, high: 200n, grid: rational(1, 20) })
  expect(stepsOf({ bounds: [-12, -3], decimals: 0, every: 5 })).toEqual({ low: -2n, high: -1n, grid: rational(5) })
  expect(stepsOf({ bounds: [0.5, 1.5], decimals: 2 })).toEqual({ low: 50n, high: 150n, grid: rational(1, 100) })
})

test('there are no steps where none lies between the bounds, or of none, of parts or of less than nothing', () => {
  expect(stepsOf({ bounds: [1, 4], decimals: 0, every: 5 })).toBe(null)
  for (const every of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(stepsOf({ bounds: [0, 100], decimals: 0, every })).toBe(null)
})
