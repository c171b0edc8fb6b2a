import { describe, expect, test } from 'vitest'
import { lowerBound, upperBound } from './clopper-pearson.ts'

test.each([
  // exact 95 % intervals as tables have them
  [0, 10, 0, 0.3085],
  [1, 10, 0.0025, 0.445],
  [5, 10, 0.1871, 0.8129],
  [10, 10, 0.6915, 1],
  [20, 100, 0.1267, 0.2918],
])('%i of %i lie between %d and %d', (successes, trials, low, high) => {
  expect(lowerBound({ successes, trials }, 0.025)).toBeCloseTo(low, 4)
  expect(upperBound({ successes, trials }, 0.025)).toBeCloseTo(high, 4)
})

test('nothing seen in n trials has a probability of 1 - error^(1/n) at most', () => {
  for (const trials of [1, 100, 1_000_000]) {
    const bound = 1 - 1e-6 ** (1 / trials)
    expect(upperBound({ successes: 0, trials }, 1e-6) / bound).toBeCloseTo(1, 6)
    expect(lowerBound({ successes: trials, trials }, 1e-6)).toBeCloseTo(1 - bound, 8)
  }
})

describe('at the bound, so many successes or more have exactly the probability of the error', () => {
  test.each([
    [3, 50, 0.01],
    [170, 200, 0.001],
    [40, 1000, 1e-6],
  ])('%i of %i, error %d', (successes, trials, error) => {
    const p = lowerBound({ successes, trials }, error)
    let [probability, term] = [0, (1 - p) ** trials]
    for (let k = 0; k <= trials; k += 1) {
      if (k >= successes) probability += term
      term *= ((trials - k) / (k + 1)) * (p / (1 - p))
    }
    expect(probability / error).toBeCloseTo(1, 6)
  })
})

test('bounds close in as trials grow', () => {
  for (const trials of [10_000, 1_000_000]) {
    const count = { successes: trials / 4, trials }
    const width = upperBound(count, 1e-6) - lowerBound(count, 1e-6)
    // 4.75 deviations on either side
    expect(width / (2 * 4.75 * Math.sqrt(0.1875 / trials))).toBeCloseTo(1, 1)
  }
})
