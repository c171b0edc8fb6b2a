import { floor, multiply, parseDecimal, type Rational, rational } from '../rational.ts'

/** How many units of 10^-places a statement's decimal is, exactly; null where it is no whole number of them, or negative. */
export function unitsOf(decimal: number, places: number): bigint | null {
  const scaled = scale(decimal, places)
  return scaled === null || scaled.denominator !== 1n || scaled.numerator < 0n ? null : scaled.numerator
}

/** The same rounded down: for limits, of which less is stricter. @throws RangeError if it is no decimal, or negative */
export function unitsBelow(decimal: number, places: number): bigint {
  const scaled = scale(decimal, places)
  if (scaled === null || scaled.numerator < 0n) throw new RangeError('a limit is a decimal from 0')
  return floor(scaled)
}

/** Units of 10^-places as people write them, without an exponent. */
export function decimalOf(units: bigint | number, places: number): string {
  const digits = String(units).padStart(places + 1, '0')
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  const whole = digits.slice(0, digits.length - places)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

function scale(decimal: number, places: number): Rational | null {
  if (!Number.isFinite(decimal)) return null
  return multiply(parseDecimal(decimal), rational(10n ** BigInt(places)))
}
