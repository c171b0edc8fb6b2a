import { describe, expect, test } from 'vitest'
import type { Noise } from '../certified/noise-tail.ts'
import { approximate, parseDecimal, rational } from '../rational.ts'
import { exactDiscreteGaussian, exactDiscreteLaplace } from '../testing/exact-distributions.ts'
import { tauOf } from './threshold.ts'

/** That a group of one unit reaches τ, computed by floating-point sums. */
function reaches({ mechanism, scale }: Noise, tau: bigint): number {
  const parameter = approximate(scale)
  const { probability } = mechanism === 'discreteLaplace' ? exactDiscreteLaplace(parameter) : exactDiscreteGaussian(parameter)
  let sum = 0
  for (let x = Number(tau) - 1 + 40 * Math.ceil(parameter); x >= Number(tau) - 1; x -= 1) sum += probability(x)
  return sum
}

describe('τ is the least that hides all groups of one unit but with probability δ', () => {
  test.each([
    ['discreteLaplace', '1', 1n, '1e-6'],
    ['discreteLaplace', '8.5', 3n, '1e-9'],
    ['discreteLaplace', '0.5', 20n, '0.0001'],
    ['discreteGaussian', '1', 1n, '1e-6'],
    ['discreteGaussian', '72.25', 3n, '1e-9'],
    ['discreteGaussian', '0.3', 20n, '0.0001'],
  ] as const)('%s of scale %s, %s groups, δ = %s', (mechanism, scale, groups, delta) => {
    const noise = { mechanism, scale: parseDecimal(scale) }
    const tau = tauOf(noise, groups, parseDecimal(delta))
    expect(Number(groups) * reaches(noise, tau)).toBeLessThanOrEqual(Number(delta))
    expect(Number(groups) * reaches(noise, tau - 1n)).toBeGreaterThan(Number(delta))
  })
})

test('τ rises with the groups of a unit and falls with δ', () => {
  const noise = { mechanism: 'discreteGaussian', scale: rational(400) } as const
  const tau = tauOf(noise, 2n, parseDecimal('1e-9'))
  expect(tauOf(noise, 20n, parseDecimal('1e-9'))).toBeGreaterThan(tau)
  expect(tauOf(noise, 2n, parseDecimal('1e-6'))).toBeLessThan(tau)
})
