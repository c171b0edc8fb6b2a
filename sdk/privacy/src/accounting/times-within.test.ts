import { expect, test } from 'vitest'
import type { Charge } from './charge.ts'
import { budgetOf, chargeOf, type PrivacyRule } from './charge-of.ts'
import { fits } from './fits.ts'
import { timesWithin } from './times-within.ts'

const basic: PrivacyRule = {
  epsilonBudget: 3,
  deltaBudget: 1e-9,
  maxEpsilonPerQuery: 1,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const zcdp: PrivacyRule = { ...basic, mechanism: 'discreteGaussian', accounting: 'zcdp' }

test.each([
  ['the loss alone', basic, { epsilon: 0.1 }, 30],
  ['whichever of loss and δ ends first', basic, { epsilon: 0.1, delta: 3e-10 }, 3],
  ['what remains is no whole query', basic, { epsilon: 0.7 }, 4],
  ['zero-concentrated losses', zcdp, { epsilon: 0.1 }, 687],
])('as many queries fit one after the other as are told: %s', (_, rule, spending, times) => {
  const priced = chargeOf(rule, spending)
  if (priced.outcome === 'refused') throw new Error(priced.message)
  expect(timesWithin(priced.charge, budgetOf(rule))).toBe(times)
  const after = (n: number): Charge => ({ epsilon: priced.charge.epsilon * n, delta: priced.charge.delta * n })
  expect(fits(rule, after(times - 1), spending).outcome).toBe('fits')
  expect(fits(rule, after(times), spending).outcome).toBe('refused')
})

test('of what costs nothing no number is told', () => {
  expect(timesWithin({ epsilon: 0, delta: 0 }, budgetOf(basic))).toBeUndefined()
})
