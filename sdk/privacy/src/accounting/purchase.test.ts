import { expect, test } from 'vitest'
import { rational } from '../rational.ts'
import { requirePaid } from './purchase.ts'

const cost = { epsilon: rational(1), rho: rational(1, 2), delta: rational(1, 10n ** 9n) }
const pure = { loss: { as: 'epsilon', amount: 1_000_000n }, delta: 1_000_000n } as const
const concentrated = { loss: { as: 'rho', amount: 500_000_000n }, delta: 1_000_000n } as const

test('a plan that costs what was bought may run, and one that costs a unit more of anything may not', () => {
  expect(() => requirePaid(cost, [pure, concentrated])).not.toThrow()
  for (const bought of [
    { ...pure, loss: { ...pure.loss, amount: 999_999n } },
    { ...concentrated, loss: { ...concentrated.loss, amount: 499_999_999n } },
    { ...pure, delta: 999_999n },
  ]) {
    expect(() => requirePaid(cost, [bought])).toThrow('costs more')
    expect(() => requirePaid(cost, [pure, concentrated, bought])).toThrow('costs more')
  }
})

test('Gaussian noise pays for no pure differential privacy', () => {
  expect(() => requirePaid({ ...cost, epsilon: null }, [concentrated])).not.toThrow()
  expect(() => requirePaid({ ...cost, epsilon: null }, [pure])).toThrow('costs more')
})
