import { expect, test } from 'vitest'
import { logGamma } from './log-gamma.ts'

test('Γ(n) is a factorial, and Γ(1/2) is the root of π', () => {
  let factorial = 1
  for (let n = 1; n < 30; n += 1) {
    expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 10)
    factorial *= n
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 10)
  // Γ(x + 1) = x·Γ(x)
  expect(logGamma(1_000_001) - logGamma(1_000_000)).toBeCloseTo(Math.log(1_000_000), 8)
})
