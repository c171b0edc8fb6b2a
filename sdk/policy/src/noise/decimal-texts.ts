import { divide, floor, multiply, type Rational, rational } from '@reinraum/privacy'
import { typeNamed } from '../analysis/types.ts'
import { gridOf } from '../rewrite/rounding.ts'

/** To which side a number goes that the type, or a rounding, has no place for. Halves go away from 0. */
export type Direction = 'nearest' | 'down' | 'up'

/** Digits after the point that are written of what becomes a DOUBLE. */
const placesOfDouble = 12

/** A number as a text that the engine reads as a value of the type. */
export function decimalWithin(number: Rational, type: string, direction: Direction): string {
  const places = placesOf(type)
  const units = places === 0 ? whole(number, direction) : whole(multiply(number, rational(10n ** BigInt(places))), direction)
  const digits = `${units < 0n ? -units : units}`.padStart(places + 1, '0')
  const sign = units < 0n ? '-' : ''
  return places === 0 ? `${units}` : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** The multiple of the rule's rounding, as far as the type holds it, next to the number. */
export function multipleOf(number: Rational, rounding: string, type: string, direction: Direction): Rational {
  const step = rational(gridOf(typeNamed(type), rounding), 1_000_000n)
  return multiply(rational(whole(divide(number, step), direction)), step)
}

function placesOf(type: string): number {
  if (type === 'DOUBLE') return placesOfDouble
  return Number(/^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1] ?? 0)
}

function whole(number: Rational, direction: Direction): bigint {
  if (number.denominator === 1n) return number.numerator
  switch (direction) {
    case 'down':
      return floor(number)
    case 'up':
      return -floor(rational(-number.numerator, number.denominator))
    case 'nearest': {
      const negative = number.numerator < 0n
      const half = floor(
        rational(2n * (negative ? -number.numerator : number.numerator) + number.denominator, 2n * number.denominator),
      )
      return negative ? -half : half
    }
  }
}
