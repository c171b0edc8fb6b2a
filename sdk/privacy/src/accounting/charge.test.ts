import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Charge, compose, nothing, within, without } from './charge.ts'

const amount = fc.integer({ min: 0, max: 10 ** 12 })
const charge: fc.Arbitrary<Charge> = fc.record({ epsilon: amount, delta: amount })
const charges = fc.tuple(charge, charge, charge)

describe('composition', () => {
  test('does not depend on order or grouping, and nothing adds nothing', () => {
    fc.assert(
      fc.property(charges, ([a, b, c]) => {
        expect(compose(a, b)).toEqual(compose(b, a))
        expect(compose(compose(a, b), c)).toEqual(compose(a, compose(b, c)))
        expect(compose(a, nothing)).toEqual(a)
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
    const tenth: Charge = { epsilon: 100_000, delta: 1 }
    const sum = Array.from({ length: 10 }, () => tenth).reduce(compose, nothing)
    expect(sum).toEqual({ epsilon: 1_000_000, delta: 10 })
    expect(Array.from({ length: 10 }, () => 0.1).reduce((x, y) => x + y)).not.toBe(1)
  })
})

const five: Charge = { epsilon: 5, delta: 5 }

test('loss and δ must both be within the limit', () => {
  expect(within(five, five)).toBe(true)
  expect(within(five, { ...five, epsilon: 4 })).toBe(false)
  expect(within(five, { ...five, delta: 4 })).toBe(false)
})

test.each([Number.NaN, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY])(
  '%s is no amount: it fits nothing and adds to nothing',
  (bad) => {
    for (const wrong of [
      { ...five, epsilon: bad },
      { ...five, delta: bad },
    ]) {
      expect(within(wrong, { ...five, epsilon: Number.MAX_SAFE_INTEGER, delta: Number.MAX_SAFE_INTEGER })).toBe(false)
      expect(within(nothing, wrong)).toBe(false)
      expect(() => compose(five, wrong)).toThrow(RangeError)
      expect(() => without(five, wrong)).toThrow(RangeError)
    }
  },
)

test('a sum that integers cannot hold is refused, not rounded', () => {
  const most: Charge = { epsilon: Number.MAX_SAFE_INTEGER, delta: 0 }
  expect(() => compose(most, five)).toThrow(RangeError)
  expect(compose(most, nothing)).toEqual(most)
})
