import { describe, expect, test } from 'vitest'
import { compare, parseDecimal, type Rational, rational, subtract } from '../rational.ts'
import { exponentialOfMinus, logarithm, normalTail } from './elementary.ts'
import { type Enclosure, enclose, integer, lowerBound, minus, over, squareRoot, times, upperBound } from './enclosure.ts'

// Expected values by mpmath 1.3.0 with 60 digits, of which 45 are kept.
const digits = parseDecimal('1e-43')

/** The bounds lie about the value as far as its digits tell, and within 10⁻⁴³ (relative, for large values) of each other. */
function expectAbout({ low, high }: Enclosure, value: string) {
  const [from, expected, to] = [lowerBound({ low, high }), parseDecimal(value), upperBound({ low, high })]
  const magnitude = compare(expected, rational(0)) < 0 ? rational(-expected.numerator, expected.denominator) : expected
  const slack =
    compare(magnitude, rational(1)) > 0
      ? rational(magnitude.numerator * digits.numerator, magnitude.denominator * digits.denominator)
      : digits
  expect(compare(from, to)).toBeLessThanOrEqual(0)
  for (const bound of [from, to]) expect(compare(absolute(subtract(bound, expected)), slack)).toBeLessThanOrEqual(0)
}

const absolute = ({ numerator, denominator }: Rational) => rational(numerator < 0n ? -numerator : numerator, denominator)

describe('bounds lie about', () => {
  test.each([
    ['0.000000001', '-20.7232658369464111561619230921592778684099134'],
    ['0.3', '-1.20397280432593599262274621776183850295361093'],
    ['1', '0'],
    ['2', '0.693147180559945309417232121458176568075500134'],
    ['1e15', '34.5387763949106852602698718202654631140165223'],
    ['123456789.123', '18.6314017671643180417639565767636702734010079'],
  ])('the logarithm of %s', (x, value) => {
    expectAbout(logarithm(enclose(parseDecimal(x))), value)
  })

  test.each([
    ['0', '1'],
    ['0.000000001', '0.999999999000000000499999999833333333375'],
    ['0.3', '0.740818220681717866066873779317816872182251232'],
    ['1', '0.367879441171442321595523770161460867445811131'],
    ['35.5', '0.000000000000000382424662809713535194288625672271443801732951'],
    ['120.25', '5.97157032413064243851992665643021429436375394e-53'],
    ['1000000', '0'],
  ])('e to the power of minus %s', (x, value) => {
    expectAbout(exponentialOfMinus(enclose(parseDecimal(x))), value)
  })

  test.each([
    ['0', '0.5'],
    ['0.001', '0.499601057786088937415409677555673058731496752'],
    ['1', '0.158655253931457051414767454367962077522087033'],
    ['1.959963984540054', '0.0250000000000000137652513622944194186400225252'],
    ['6', '0.00000000098658764503769814070086413239804201866979125'],
    ['11.5', '6.59577144611367507905247210592320946576067027e-31'],
  ])('the tail of a standard normal from %s', (x, value) => {
    expectAbout(normalTail(enclose(parseDecimal(x))), value)
  })
})

test('small values keep their digits: the bounds of e^-120.25 differ by less than a part in 10⁴', () => {
  const { low, high } = exponentialOfMinus(enclose(parseDecimal('120.25')))
  expect(low).toBeGreaterThan(0n)
  expect((high - low) * 10_000n).toBeLessThan(low)
})

test('every step rounds its lower bound down and its upper bound up', () => {
  const third = enclose(rational(1, 3))
  const minusThird = enclose(rational(-1, 3))
  for (const [computed, exact] of [
    [third, rational(1, 3)],
    [minusThird, rational(-1, 3)],
    [times(third, minusThird), rational(-1, 9)],
    [times(minusThird, minusThird), rational(1, 9)],
    [over(minusThird, integer(7)), rational(-1, 21)],
    [minus(third, minusThird), rational(2, 3)],
  ] as const) {
    expect(compare(lowerBound(computed), exact)).toBe(-1)
    expect(compare(upperBound(computed), exact)).toBe(1)
  }
  const root = squareRoot(integer(2))
  expect(
    compare(upperBound(times({ low: root.low, high: root.low }, { low: root.low, high: root.low })), rational(2)),
  ).toBeLessThanOrEqual(0)
  expect(
    compare(lowerBound(times({ low: root.high, high: root.high }, { low: root.high, high: root.high })), rational(2)),
  ).toBeGreaterThanOrEqual(0)
})

test('what has no value is refused', () => {
  expect(() => logarithm(integer(0))).toThrow(RangeError)
  expect(() => exponentialOfMinus(integer(-1))).toThrow(RangeError)
  expect(() => over(integer(1), { low: -1n, high: 1n })).toThrow(RangeError)
})
