import { parseDecimal, rational } from '@reinraum/privacy'
import { describe, expect, test } from 'vitest'
import { decimalWithin, multipleOf } from './decimal-texts.ts'

describe('a number as a text of its type', () => {
  test.each([
    ['7', 'BIGINT', '-7', '-7', '-7'],
    ['2.5', 'BIGINT', '-3', '-3', '-2'],
    ['0.005', 'DECIMAL(38,2)', '-0.01', '-0.01', '0.00'],
    ['12.3456', 'DECIMAL(38,2)', '-12.35', '-12.35', '-12.34'],
    ['0.1', 'DOUBLE', '-0.100000000000', '-0.100000000000', '-0.100000000000'],
  ])('-%s as %s goes to the nearest, halves away from 0; ends of intervals go outwards', (number, type, nearest, down, up) => {
    const value = parseDecimal(`-${number}`)
    expect([decimalWithin(value, type, 'nearest'), decimalWithin(value, type, 'down'), decimalWithin(value, type, 'up')]).toEqual(
      [nearest, down, up],
    )
  })
})

test('a rounding is the next multiple that the type has', () => {
  const number = parseDecimal('13.1')
  expect((['nearest', 'down', 'up'] as const).map((to) => multipleOf(number, '5', 'BIGINT', to))).toEqual(
    [15, 10, 15].map((n) => rational(n)),
  )
  expect(multipleOf(number, '2.5', 'BIGINT', 'down')).toEqual(rational(10))
  expect(multipleOf(number, '2.5', 'DOUBLE', 'down')).toEqual(rational(25, 2))
})
