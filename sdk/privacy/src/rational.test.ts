import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  approximate,
  ceil,
  compare,
  divide,
  floor,
  maximum,
  minimum,
  multiply,
  parseDecimal,
  parseQuotient,
  quotientText,
  rational,
  subtract,
} from './rational.ts'

const anyRational = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 30n }))
  .map(([numerator, denominator]) => rational(numerator, denominator))
const [zero, one] = [rational(0), rational(1)]

test('a rational is in lowest terms and carries its sign in the numerator', () => {
  expect(rational(6, -4)).toEqual({ numerator: -3n, denominator: 2n })
  expect(rational(0, -7)).toEqual({ numerator: 0n, denominator: 1n })
  expect(() => rational(1, 0)).toThrow(RangeError)
  expect(() => rational(0.5)).toThrow(RangeError)
})

describe('a decimal is read as it is written', () => {
  test.each([
    ['0.1', 1n, 10n],
    ['-12.50', -25n, 2n],
    ['1e-9', 1n, 1_000_000_000n],
    ['1.5E+3', 1500n, 1n],
    ['-0', 0n, 1n],
    [0.1, 1n, 10n],
    [1e-15, 1n, 10n ** 15n],
    [1e21, 10n ** 21n, 1n],
  ] as const)('%s', (decimal, numerator, denominator) => {
    expect(parseDecimal(decimal)).toEqual({ numerator, denominator })
  })

  test.each(['', ' 1', '1.', '.5', '+1', '1/2', '0x10', 'NaN', '1e', '1e401', '1e-401', '1e99999999', '9'.repeat(401), '1\n'])(
    '%j is refused',
    (text) => expect(() => parseDecimal(text)).toThrow('not a decimal number'),
  )

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is refused', (value) => {
    expect(() => parseDecimal(value)).toThrow('not a decimal number')
  })
})

test('the four operations undo each other exactly', () => {
  fc.assert(
    fc.property(anyRational, anyRational, (a, b) => {
      expect(subtract(add(a, b), b)).toEqual(a)
      if (b.numerator !== 0n) expect(divide(multiply(a, b), b)).toEqual(a)
    }),
  )
  expect(add(parseDecimal('0.1'), parseDecimal('0.2'))).toEqual(parseDecimal('0.3'))
  expect(() => divide(one, zero)).toThrow(RangeError)
})

test('comparison has the sign of the difference', () => {
  fc.assert(
    fc.property(anyRational, anyRational, (a, b) => {
      expect(compare(a, b)).toBe(compare(subtract(a, b), zero))
      expect(compare(a, a)).toBe(0)
      expect(compare(minimum(a, b), maximum(a, b))).toBeLessThanOrEqual(0)
    }),
  )
  expect(compare(rational(-1, 2), rational(-1, 3))).toBe(-1)
  expect(compare(rational(1, 2), rational(1, 3))).toBe(1)
})

test('floor and ceil are the integers next to it, also below zero', () => {
  expect([rational(-7, 2), rational(7, 2), rational(-4), rational(4)].map(floor)).toEqual([-4n, 3n, -4n, 4n])
  expect([rational(-7, 2), rational(7, 2), rational(-4), rational(4)].map(ceil)).toEqual([-3n, 4n, -4n, 4n])
  fc.assert(
    fc.property(anyRational, (a) => {
      expect(compare(rational(floor(a)), a)).toBeLessThanOrEqual(0)
      expect(compare(a, rational(floor(a) + 1n))).toBe(-1)
      expect(ceil(a) - floor(a)).toBe(a.denominator === 1n ? 0n : 1n)
    }),
  )
})

test('an approximation is next to the number, however large its parts', () => {
  expect(approximate(rational(-3, 8))).toBe(-0.375)
  expect(approximate(zero)).toBe(0)
  expect(approximate(rational(10n ** 400n, 10n ** 399n))).toBe(10)
  expect(approximate(parseDecimal('1e-300'))).toBeCloseTo(1e-300, 310)
  expect(approximate(parseDecimal('1e300')) / 1e300).toBeCloseTo(1, 14)
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-300, max: 1e300 }), (value) => {
      expect(Math.abs(approximate(parseDecimal(value)) / value - 1)).toBeLessThan(2 ** -49)
    }),
  )
})

test('a quotient is written in lowest terms, and read back; what is none is refused', () => {
  for (const [text, top, bottom] of [
    ['5/2', 10, 4],
    ['3', 3, 1],
    ['-1/7', -1, 7],
    ['0', 0, 9],
  ] as const) {
    expect(quotientText(rational(top, bottom))).toBe(text)
    expect(parseQuotient(text)).toEqual(rational(top, bottom))
  }
  for (const text of ['', '0.5', '1/0', '1/-2', '1/2/3', ' 1', '1e3', '0x10', '9'.repeat(801)])
    expect(() => parseQuotient(text)).toThrow(RangeError)
})
