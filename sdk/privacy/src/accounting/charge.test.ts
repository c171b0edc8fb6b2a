import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Charge, compose, lossOf, nothing, within, without } from './charge.ts'

const amount = fc.integer({ min: 0, max: 10 ** 12 })
const chargesOf = (accounting: Charge['accounting']): fc.Arbitrary<Charge> =>
  fc
    .tuple(amount, amount)
    .map(([loss, delta]) => (accounting === 'basic' ? { accounting, epsilon: loss, delta } : { accounting, rho: loss, delta }))
const charges = fc
  .constantFrom('basic' as const, 'zcdp' as const)
  .chain((a) => fc.tuple(chargesOf(a), chargesOf(a), chargesOf(a)))

describe('composition', () => {
  test('does not depend on order or grouping, and nothing adds nothing', () => {
    fc.assert(
      fc.property(charges, ([a, b, c]) => {
        expect(compose(a, b)).toEqual(compose(b, a))
        expect(compose(compose(a, b), c)).toEqual(compose(a, compose(b, c)))
        expect(compose(a, nothing(a.accounting))).toEqual(a)
      }),
    )
  })

  test('never costs less than a part, and what is left after both is what is left after one and then the other', () => {
    fc.assert(
      fc.property(charges, ([a, b, budget]) => {
        expect(within(a, compose(a, b))).toBe(true)
        expect(without(budget, compose(a, b))).toEqual(without(without(budget, a), b))
        if (within(compose(a, b), budget)) expect(within(b, without(budget, a))).toBe(true)
      }),
    )
  })

  test('of ten queries of ε = 0.1 is ε = 1 exactly, which floating point misses', () => {
    const tenth: Charge = { accounting: 'basic', epsilon: 100_000, delta: 1 }
    const sum = Array.from({ length: 10 }, () => tenth).reduce(compose, nothing('basic'))
    expect(sum).toEqual({ accounting: 'basic', epsilon: 1_000_000, delta: 10 })
    expect(Array.from({ length: 10 }, () => 0.1).reduce((x, y) => x + y)).not.toBe(1)
  })
})

const basic: Charge = { accounting: 'basic', epsilon: 5, delta: 5 }
const zcdp: Charge = { accounting: 'zcdp', rho: 5, delta: 5 }

test('millionths of ε and billionths of ρ are never added or compared', () => {
  expect(() => compose(basic, zcdp)).toThrow(RangeError)
  expect(() => without(zcdp, basic)).toThrow(RangeError)
  expect(within(basic, zcdp)).toBe(false)
})

test('loss and δ must both be within the limit', () => {
  expect(within(basic, basic)).toBe(true)
  expect(within(basic, { ...basic, epsilon: 4 })).toBe(false)
  expect(within(basic, { ...basic, delta: 4 })).toBe(false)
  expect(within(zcdp, { ...zcdp, rho: 4 })).toBe(false)
})

test.each([Number.NaN, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])(
  '%s is no amount: it fits nothing and adds to nothing',
  (bad) => {
    for (const wrong of [
      { ...basic, epsilon: bad },
      { ...basic, delta: bad },
    ]) {
      expect(within(wrong, { ...basic, epsilon: Number.MAX_SAFE_INTEGER, delta: Number.MAX_SAFE_INTEGER })).toBe(false)
      expect(within(nothing('basic'), wrong)).toBe(false)
      expect(() => compose(basic, wrong)).toThrow(RangeError)
      expect(() => without(basic, wrong)).toThrow(RangeError)
    }
  },
)

test('a sum that integers cannot hold is refused, not rounded', () => {
  const most: Charge = { accounting: 'zcdp', rho: Number.MAX_SAFE_INTEGER, delta: 0 }
  expect(() => compose(most, zcdp)).toThrow(RangeError)
  expect(lossOf(compose(most, nothing('zcdp')))).toBe(Number.MAX_SAFE_INTEGER)
})
