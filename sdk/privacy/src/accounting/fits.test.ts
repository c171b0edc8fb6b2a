import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Charge, compose, nothing, within } from './charge.ts'
import { budgetOf, type PrivacyRule } from './charge-of.ts'
import { fits, remaining } from './fits.ts'

const basic: PrivacyRule = {
  epsilonBudget: 3,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const zcdp: PrivacyRule = { ...basic, mechanism: 'discreteGaussian', accounting: 'zcdp' }

/** Asks until the budget is exhausted, a thousand times at most. */
function ask(rule: PrivacyRule, epsilon: number): { readonly times: number; readonly spent: Charge } {
  let spent = nothing
  for (let times = 0; times < 1000; times += 1) {
    const fit = fits(rule, spent, { epsilon })
    if (fit.outcome === 'refused') return { times, spent }
    spent = fit.spentAfter
  }
  return { times: 1000, spent }
}

test('a budget of ε = 3 is thirty queries of 0.1 under basic composition, and 687 under zCDP', () => {
  expect(ask(basic, 0.1).times).toBe(30)
  // 0.11646397… of ρ at 0.00016935… a query
  expect(ask(zcdp, 0.1).times).toBe(687)
})

test('a query that no longer fits is told what is left, and what would fit', () => {
  const spent: Charge = { epsilon: 2_750_000, delta: 0 }
  expect(fits(basic, spent, { epsilon: 0.5 })).toEqual({
    outcome: 'refused',
    code: 'budget-exhausted',
    message: 'the budget has epsilon 0.25 and delta 0.000000001 left; a query that spends epsilon 0.25 and delta 0 would fit',
    shortfall: { left: { epsilon: 250_000, delta: 1_000_000 }, wouldFit: { epsilon: 0.25, delta: 0 } },
  })
  expect(fits(basic, spent, { epsilon: 0.25 })).toMatchObject({ outcome: 'fits', spentAfter: budgetWithoutDelta })
})
const budgetWithoutDelta = { epsilon: 3_000_000, delta: 0 }

test('a δ that is spent is missed as an ε is', () => {
  const spent: Charge = { epsilon: 0, delta: 999_999 }
  expect(fits(basic, spent, { epsilon: 0.5, delta: 2e-15 })).toMatchObject({
    code: 'budget-exhausted',
    shortfall: { wouldFit: { epsilon: 1, delta: 1e-15 } },
  })
})

test('of an exhausted budget nothing fits, nor of one that was lowered below what is spent', () => {
  for (const epsilon of [3_000_000, 4_000_000]) {
    const spent: Charge = { epsilon, delta: 0 }
    expect(fits(basic, spent, { epsilon: 0.000001 })).toMatchObject({ code: 'budget-exhausted', shortfall: { wouldFit: null } })
  }
  const deltaGone: Charge = { epsilon: 0, delta: 2_000_000 }
  expect(fits(basic, deltaGone, { epsilon: 1 })).toMatchObject({ code: 'budget-exhausted', shortfall: { wouldFit: null } })
})

test('what would fit fits, and a millionth more does not', () => {
  const rules = fc.constantFrom(basic, zcdp)
  fc.assert(
    fc.property(rules, fc.double({ min: 0.7, max: 1, noNaN: true }), (rule, share) => {
      const budget = budgetOf(rule)
      const spent: Charge = { epsilon: Math.floor(budget.epsilon * share), delta: 0 }
      const fit = fits(rule, spent, { epsilon: 1 })
      if (fit.outcome === 'fits' || fit.shortfall === undefined || fit.shortfall.wouldFit === null) return
      const { wouldFit } = fit.shortfall
      expect(fits(rule, spent, wouldFit).outcome).toBe('fits')
      const more = Number((wouldFit.epsilon + 0.000001).toFixed(6))
      // a few millionths of ε are less than one billionth of ρ
      if (rule.accounting === 'basic') expect(fits(rule, spent, { epsilon: more }).outcome).toBe('refused')
    }),
    { numRuns: 25 },
  )
})

test('whatever fits leaves the sum within the budget', () => {
  const steps = fc.array(fc.integer({ min: 2_000, max: 1_000_000 }), { maxLength: 12 })
  fc.assert(
    fc.property(fc.constantFrom(basic, zcdp), steps, (rule, epsilons) => {
      let spent = nothing
      for (const n of epsilons) {
        const fit = fits(rule, spent, { epsilon: n / 1e6 })
        if (fit.outcome === 'fits') {
          expect(fit.spentAfter).toEqual(compose(spent, fit.charge))
          spent = fit.spentAfter
        }
        expect(within(spent, budgetOf(rule))).toBe(true)
        expect(compose(spent, remaining(rule, spent))).toEqual(budgetOf(rule))
      }
    }),
    { numRuns: 30 },
  )
})
