import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare, rational } from '../rational.ts'
import { within } from './charge.ts'
import { budgetOf, chargeOf, type PrivacyRule } from './charge-of.ts'
import { epsilonOfRho } from './conversion.ts'

const basic: PrivacyRule = {
  epsilonBudget: 3,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const zcdp: PrivacyRule = { ...basic, mechanism: 'discreteGaussian', accounting: 'zcdp' }

test('under basic composition a budget and a charge are ε and δ themselves', () => {
  expect(budgetOf(basic)).toEqual({ epsilon: 3_000_000, delta: 1_000_000 })
  expect(chargeOf(basic, { epsilon: 0.25, delta: 3e-15 })).toEqual({
    outcome: 'charge',
    charge: { epsilon: 250_000, delta: 3 },
  })
})

test('under zCDP they are the largest ρ at half of the δ, and the other half is for thresholds', () => {
  // 0.116463976786… and 0.0144075786146… by mpmath, at δ = 5·10⁻¹⁰
  expect(budgetOf(zcdp)).toEqual({ epsilon: 116_463_976, delta: 500_000 })
  expect(chargeOf(zcdp, { epsilon: 1, delta: 1e-10 })).toEqual({
    outcome: 'charge',
    charge: { epsilon: 14_407_578, delta: 100_000 },
  })
})

test('the ρ of the whole budget and both halves of its δ are within the (ε, δ) that the rule names', () => {
  const rules = fc.record({
    epsilonBudget: fc.integer({ min: 1_000, max: 20_000_000 }).map((n) => n / 1e6),
    deltaBudget: fc.integer({ min: 1, max: 10 ** 13 }).map((n) => n / 1e15),
  })
  fc.assert(
    fc.property(rules, (part) => {
      const budget = budgetOf({ ...zcdp, ...part })
      const delta = BigInt(Math.round(part.deltaBudget * 1e15))
      const conversion = delta - BigInt(budget.delta)
      const epsilon = epsilonOfRho(rational(budget.epsilon, 10n ** 9n), rational(conversion, 10n ** 15n))
      expect(conversion).toBeGreaterThan(0n)
      expect(compare(epsilon, rational(Math.round(part.epsilonBudget * 1e6), 10n ** 6n))).toBeLessThanOrEqual(0)
    }),
    { numRuns: 60 },
  )
})

test('no query within the maximum costs more than the whole budget, and a dearer one never less', () => {
  const epsilons = fc.integer({ min: 1_000, max: 1_000_000 })
  fc.assert(
    fc.property(fc.constantFrom(basic, zcdp), epsilons, epsilons, (rule, x, y) => {
      const [less, more] = [Math.min(x, y), Math.max(x, y)].map((n) => chargeOf(rule, { epsilon: n / 1e6 }))
      if (less?.outcome !== 'charge' || more?.outcome !== 'charge') throw new Error('refused')
      expect(less.charge.epsilon).toBeLessThanOrEqual(more.charge.epsilon)
      expect(within(more.charge, budgetOf(rule))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

describe('a spending is refused', () => {
  const gaussian: PrivacyRule = { ...basic, mechanism: 'discreteGaussian' }
  test.each([
    [basic, { epsilon: 1.000001 }, 'epsilon-over-maximum'],
    [basic, { epsilon: 0.1234567 }, 'epsilon-malformed'],
    [basic, { epsilon: 0 }, 'epsilon-malformed'],
    [basic, { epsilon: -0.5 }, 'epsilon-malformed'],
    [basic, { epsilon: Number.NaN }, 'epsilon-malformed'],
    [basic, { epsilon: Number.POSITIVE_INFINITY }, 'epsilon-malformed'],
    [basic, { epsilon: 1, delta: 1.5e-15 }, 'delta-malformed'],
    [basic, { epsilon: 1, delta: -1e-15 }, 'delta-malformed'],
    [basic, { epsilon: 1, delta: 2e-9 }, 'delta-over-budget'],
    [zcdp, { epsilon: 1, delta: 6e-10 }, 'delta-over-budget'],
    [zcdp, { epsilon: 0.0001 }, 'epsilon-too-small'],
    [gaussian, { epsilon: 1 }, 'delta-missing'],
    [gaussian, { epsilon: 1, delta: 0 }, 'delta-missing'],
  ] as const)('%#: %o', (rule, spending, code) => {
    expect(chargeOf(rule, spending)).toMatchObject({ outcome: 'refused', code })
  })
})

test('a limit that is finer than the grid is rounded down', () => {
  expect(budgetOf({ ...basic, epsilonBudget: 2.9999999, deltaBudget: 1.9e-15 })).toEqual({
    epsilon: 2_999_999,
    delta: 1,
  })
  expect(chargeOf({ ...basic, maxEpsilonPerQuery: 0.4999999 }, { epsilon: 0.5 })).toMatchObject({ code: 'epsilon-over-maximum' })
})
