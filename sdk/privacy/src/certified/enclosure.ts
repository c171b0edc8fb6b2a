import { integerSquareRoot } from '../integer-square-root.ts'
import type { Rational } from '../rational.ts'
import { rational } from '../rational.ts'

// What is irrational (ln, exp, a square root) is computed as two bounds that it lies between, by integers. Every step here
// rounds its lower bound down and its upper bound up, so a bound of the last step is a bound of the real number. Whoever
// computes a charge takes the upper bound and whoever says what a charge buys the lower: nothing depends on how a
// machine's floating point rounds, and two parties get equal integers.

const bits = 192n
const one = 1n << bits

/** A real number between two multiples of 2⁻¹⁹². */
export interface Enclosure {
  readonly low: bigint
  readonly high: bigint
}

export function enclose({ numerator, denominator }: Rational): Enclosure {
  const scaled = numerator << bits
  return { low: floorDivide(scaled, denominator), high: ceilDivide(scaled, denominator) }
}

export function integer(value: bigint | number): Enclosure {
  const scaled = BigInt(value) << bits
  return { low: scaled, high: scaled }
}

/** A number of units of 2⁻¹⁹². */
export function units(value: bigint): Enclosure {
  return { low: value, high: value }
}

export function lowerBound({ low }: Enclosure): Rational {
  return rational(low, one)
}

export function upperBound({ high }: Enclosure): Rational {
  return rational(high, one)
}

/** The largest integer that is surely not more than `factor` times the number. */
export function floorOf({ low }: Enclosure, factor = 1n): bigint {
  return (low * factor) >> bits
}

/** The smallest integer that is surely not less than `factor` times the number; `factor` is not negative. */
export function ceilOf({ high }: Enclosure, factor = 1n): bigint {
  return -((-high * factor) >> bits)
}

export function plus(a: Enclosure, b: Enclosure): Enclosure {
  return { low: a.low + b.low, high: a.high + b.high }
}

export function minus(a: Enclosure, b: Enclosure): Enclosure {
  return { low: a.low - b.high, high: a.high - b.low }
}

export function times(a: Enclosure, b: Enclosure): Enclosure {
  const [low, high] = a.low >= 0n && b.low >= 0n ? [a.low * b.low, a.high * b.high] : extremes(a, b)
  return { low: low >> bits, high: -(-high >> bits) }
}

/** @throws RangeError unless the divisor is surely positive */
export function over(a: Enclosure, b: Enclosure): Enclosure {
  if (b.low <= 0n) throw new RangeError('a divisor must be surely positive')
  const [low, high] = [a.low << bits, a.high << bits]
  return { low: floorDivide(low, low < 0n ? b.low : b.high), high: ceilDivide(high, high < 0n ? b.high : b.low) }
}

/** @throws RangeError if the number may be negative */
export function squareRoot({ low, high }: Enclosure): Enclosure {
  return { low: integerSquareRoot(low << bits), high: integerSquareRoot(high << bits) + 1n }
}

export function divideBy({ low, high }: Enclosure, divisor: bigint): Enclosure {
  return { low: floorDivide(low, divisor), high: ceilDivide(high, divisor) }
}

/** The number times 2 to the power of `exponent`. */
export function shift({ low, high }: Enclosure, exponent: bigint): Enclosure {
  if (exponent >= 0n) return { low: low << exponent, high: high << exponent }
  return { low: low >> -exponent, high: -(-high >> -exponent) }
}

/** The exponent of the largest power of 2 that is at most the lower bound, which is positive. */
export function binaryExponent({ low }: Enclosure): bigint {
  return BigInt(low.toString(2).length) - 1n - bits
}

/** Further away by so many units: for what a series leaves out. */
export function widen({ low, high }: Enclosure, by: { readonly below: bigint; readonly above: bigint }): Enclosure {
  return { low: low - by.below, high: high + by.above }
}

function extremes(a: Enclosure, b: Enclosure): readonly [bigint, bigint] {
  let low = a.low * b.low
  let high = low
  for (const product of [a.low * b.high, a.high * b.low, a.high * b.high]) {
    if (product < low) low = product
    if (product > high) high = product
  }
  return [low, high]
}

/** The divisor is positive. */
function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return -floorDivide(-a, b)
}
