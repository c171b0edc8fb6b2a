import { expect, test } from 'vitest'
import { chiSquareTail } from './chi-square-tail.ts'
import { exactDiscreteGaussian, exactDiscreteLaplace } from './exact-distributions.ts'
import { goodnessOfFit } from './goodness-of-fit.ts'

test.each([
  // NIST/SEMATECH e-Handbook of Statistical Methods, §1.3.6.7.4: upper critical values
  [3.841, 1, 0.05],
  [10.828, 1, 0.001],
  [18.307, 10, 0.05],
  [29.588, 10, 0.001],
  [67.505, 50, 0.05],
  [149.449, 100, 0.001],
  [77.929, 100, 0.95],
])('a chi-square of %d with %i degrees of freedom is exceeded with probability %d', (value, degrees, tail) => {
  expect(chiSquareTail(value, degrees) / tail).toBeCloseTo(1, 2)
})

test('the tail of two degrees of freedom is exponential, far out as well', () => {
  for (const value of [0.1, 1, 3.9, 4.1, 20, 100, 700]) {
    expect(chiSquareTail(value, 2) / Math.exp(-value / 2)).toBeCloseTo(1, 9)
  }
  expect(chiSquareTail(0, 2)).toBe(1)
})

test('exact probabilities add up to one, and fall as they should', () => {
  for (const exact of [
    exactDiscreteLaplace(0.3),
    exactDiscreteLaplace(50),
    exactDiscreteGaussian(0.2),
    exactDiscreteGaussian(900),
  ]) {
    let total = 0
    for (let x = -exact.reach; x <= exact.reach; x += 1) total += exact.probability(x)
    expect(total).toBeCloseTo(1, 11)
  }
  expect(exactDiscreteLaplace(2).probability(3) / exactDiscreteLaplace(2).probability(-1)).toBeCloseTo(Math.exp(-1), 12)
  expect(exactDiscreteGaussian(2).probability(3) / exactDiscreteGaussian(2).probability(1)).toBeCloseTo(Math.exp(-2), 12)
})

test('draws beyond everything expected count against the fit', () => {
  let turn = 0
  const stray = () => (turn++ % 5 === 0 ? -1000n : BigInt((turn % 3) - 1))
  expect(goodnessOfFit(stray, 3000, { probability: (x) => (Math.abs(x) < 2 ? 1 / 3 : 0), reach: 1 }).chiSquare).toBeLessThan(1e-6)
})
