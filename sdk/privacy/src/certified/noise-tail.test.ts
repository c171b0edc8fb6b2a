import { describe, expect, test } from 'vitest'
import { parseDecimal, rational } from '../rational.ts'
import { tailOf } from './noise-tail.ts'

const probabilities = ['0.025', '0.0125', '1e-9', '1e-15', '1e-24'].map(parseDecimal)

describe('the smallest integer that noise reaches with a given probability', () => {
  // Summed with 60 digits by mpmath 1.3.0.
  test.each([
    ['discreteGaussian', '0.3', [2n, 2n, 4n, 5n, 6n]],
    ['discreteGaussian', '1', [3n, 3n, 7n, 9n, 11n]],
    ['discreteGaussian', '7.5', [6n, 7n, 17n, 23n, 29n]],
    ['discreteGaussian', '100', [21n, 23n, 61n, 80n, 103n]],
    ['discreteGaussian', '65536', [503n, 575n, 1536n, 2034n, 2612n]],
    ['discreteLaplace', '0.3', [2n, 2n, 7n, 11n, 17n]],
    ['discreteLaplace', '1', [4n, 5n, 21n, 35n, 55n]],
    ['discreteLaplace', '7.5', [23n, 29n, 151n, 255n, 410n]],
    ['discreteLaplace', '65536', [196329n, 241755n, 1312695n, 2218108n, 3576228n]],
    ['discreteLaplace', '1e12', [2995732273555n, 3688879454115n, 20030118656387n, 33845629214352n, 54568895051298n]],
  ] as const)('%s of scale %s', (mechanism, scale, expected) => {
    expect(probabilities.map((p) => tailOf({ mechanism, scale: parseDecimal(scale) }, p))).toEqual(expected)
  })
})

test('where a discrete Gaussian is too wide to be summed, the integer is never too small, and little too large', () => {
  const tails = probabilities.map((p) => tailOf({ mechanism: 'discreteGaussian', scale: rational(100_000) }, p))
  const summed = [621n, 710n, 1898n, 2512n, 3226n]
  for (const [i, tail] of tails.entries()) {
    expect(tail).toBeGreaterThanOrEqual(summed[i] ?? 0n)
    expect(tail).toBeLessThanOrEqual((summed[i] ?? 0n) + 1n)
  }
})

test('a probability that is none of a tail is refused', () => {
  for (const p of [rational(0), rational(1, 2), rational(1, 10n ** 36n)]) {
    expect(() => tailOf({ mechanism: 'discreteGaussian', scale: rational(3) }, p)).toThrow(RangeError)
  }
})
