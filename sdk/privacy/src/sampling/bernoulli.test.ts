import { describe, expect, test } from 'vitest'
import { approximate, type Rational, rational } from '../rational.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { bernoulli, bernoulliExp, bernoulliExpOne, bernoulliExpOneOfThreeEighths } from './bernoulli.ts'

const draws = 100_000

/** How far the count of heads is from the expected one, in standard deviations: beyond 5 once in 1.7 million samples. */
function deviations(coin: () => boolean, p: number): number {
  let heads = 0
  for (let i = 0; i < draws; i += 1) heads += coin() ? 1 : 0
  return Math.abs(heads - draws * p) / Math.sqrt(draws * p * (1 - p))
}

describe('a coin of rational probability', () => {
  test.each([rational(1, 2), rational(1, 3), rational(99, 100), rational(10n ** 20n, 3n * 10n ** 20n + 1n)])(
    'shows heads that often: $numerator/$denominator',
    (p) => {
      const random = seededRandomness('bernoulli')
      expect(deviations(() => bernoulli(p, random), approximate(p))).toBeLessThan(5)
    },
  )

  test('is certain at 0 and at 1', () => {
    const random = seededRandomness('certain')
    for (let i = 0; i < 100; i += 1) {
      expect([bernoulli(rational(0), random), bernoulli(rational(1), random)]).toEqual([false, true])
    }
  })

  test.each([rational(-1, 2), rational(3, 2)])('is refused outside of 0 to 1: $numerator/$denominator', (p) => {
    expect(() => bernoulli(p, seededRandomness(''))).toThrow(RangeError)
  })
})

describe('a coin of probability exp(-γ)', () => {
  const awkward: Rational = rational(10n ** 20n + 7n, 3n * 10n ** 20n + 1n)
  test.each([rational(1, 1000), rational(1, 2), rational(1), rational(4, 3), rational(5), rational(15, 2), awkward])(
    'shows heads that often: γ = $numerator/$denominator',
    (gamma) => {
      const random = seededRandomness('exp')
      expect(deviations(() => bernoulliExp(gamma, random), Math.exp(-approximate(gamma)))).toBeLessThan(5)
    },
  )

  test('need not be in lowest terms', () => {
    const random = seededRandomness('unreduced')
    const gamma = { numerator: 14n, denominator: 20n }
    expect(deviations(() => bernoulliExp(gamma, random), Math.exp(-0.7))).toBeLessThan(5)
  })

  test('is certain where γ is 0, and nearly impossible where it is huge', () => {
    const random = seededRandomness('certain')
    for (let i = 0; i < 100; i += 1) {
      expect([bernoulliExp(rational(0), random), bernoulliExp(rational(10n ** 30n), random)]).toEqual([true, false])
    }
  })

  test('is refused where γ is negative', () => {
    expect(() => bernoulliExp(rational(-1, 5), seededRandomness(''))).toThrow('γ is at least 0')
  })

  test('has one of its own for γ = 1', () => {
    const random = seededRandomness('one')
    expect(deviations(() => bernoulliExpOne(random), Math.exp(-1))).toBeLessThan(5)
  })

  test('has one that makes up for proposing with 3/8', () => {
    const random = seededRandomness('three eighths')
    expect(deviations(() => bernoulliExpOneOfThreeEighths(random), 8 / (3 * Math.E))).toBeLessThan(5)
    expect(
      deviations(() => bernoulli(rational(3, 8), random) && bernoulliExpOneOfThreeEighths(random), Math.exp(-1)),
    ).toBeLessThan(5)
  })
})
