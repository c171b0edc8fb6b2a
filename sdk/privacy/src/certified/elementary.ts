import { rational } from '../rational.ts'
import {
  binaryExponent,
  divideBy,
  type Enclosure,
  enclose,
  integer,
  minus,
  over,
  plus,
  shift,
  times,
  units,
  widen,
} from './enclosure.ts'

const unit = 1n
const one = integer(1)

/** ln. @throws RangeError unless the number is surely positive */
export function logarithm({ low, high }: Enclosure): Enclosure {
  if (low <= 0n) throw new RangeError('a logarithm is of a positive number')
  return { low: logarithmOf(units(low)).low, high: logarithmOf(units(high)).high }
}

/** x = 2ᵏ·m with 1 ≤ m < 2, and ln m = 2 artanh((m - 1) / (m + 1)). */
function logarithmOf(x: Enclosure): Enclosure {
  const exponent = binaryExponent(x)
  const mantissa = shift(x, -exponent)
  const series = artanh(over(minus(mantissa, one), plus(mantissa, one)))
  return plus(shift(series, 1n), times(integer(exponent), logarithmOf2()))
}

let ofTwo: Enclosure | undefined
function logarithmOf2(): Enclosure {
  ofTwo ??= shift(artanh(enclose(rational(1, 3))), 1n)
  return ofTwo
}

/** z + z³/3 + z⁵/5 + … for 0 ≤ z ≤ 1/3 (and a unit of rounding). */
function artanh(z: Enclosure): Enclosure {
  const square = times(z, z)
  let power = z
  let sum = z
  for (let n = 3n; power.high > unit; n += 2n) {
    power = times(power, square)
    sum = plus(sum, divideBy(power, n))
  }
  // The powers left out begin at an eighth of the last one and fall by that: less than one unit together.
  return widen(sum, { below: 0n, above: unit })
}

/** Beyond it, e to the power of minus that is less than a unit. */
const vanishes = integer(140).low

/** e to the power of -x. @throws RangeError if x may be negative */
export function exponentialOfMinus(x: Enclosure): Enclosure {
  if (x.low > vanishes) return { low: 0n, high: unit }
  return over(one, exponential(x))
}

/** e to the power of x = (e^(x / 2ᵏ))^(2ᵏ) with x / 2ᵏ < 1/128. @throws RangeError if x may be negative */
function exponential(x: Enclosure): Enclosure {
  if (x.low < 0n) throw new RangeError('an exponent from 0 is expected')
  const halvings = x.high === 0n ? 0n : binaryExponent(units(x.high)) + 8n
  const count = halvings < 0n ? 0n : halvings
  let power = growing(shift(x, -count))
  for (let i = 0n; i < count; i += 1n) power = times(power, power)
  return power
}

/** 1 + r + r²/2! + … for 0 ≤ r < 1/2. */
function growing(r: Enclosure): Enclosure {
  let term = one
  let sum = one
  for (let n = 1n; term.high > unit; n += 1n) {
    term = divideBy(times(term, r), n)
    sum = plus(sum, term)
  }
  // Terms that follow one of a unit are each less than half of the one before.
  return widen(sum, { below: 0n, above: unit })
}

// 1/√(2π) to 70 digits, cut off.
const inverseRootOfTwoPi = 3989422804014326779399460599343818684758586311649346576659258296706579n
const density0: Enclosure = {
  low: enclose(rational(inverseRootOfTwoPi, 10n ** 70n)).low,
  high: enclose(rational(inverseRootOfTwoPi + 1n, 10n ** 70n)).high,
}

/**
 * The probability that a standard normal variable is at least x: 1/2 - φ(x)·(x + x³/3 + x⁵/(3·5) + …) (Abramowitz and Stegun
 * 26.2.11). @throws RangeError if x may be negative
 */
export function normalTail(x: Enclosure): Enclosure {
  const square = times(x, x)
  let term = x
  let sum = x
  for (let n = 3n; term.high > unit || square.high > integer(n).high / 2n; n += 2n) {
    term = divideBy(times(term, square), n)
    sum = plus(sum, term)
  }
  // Terms after the last are each less than half of the one before, so together less than it.
  const series = widen(sum, { below: 0n, above: unit })
  return minus(enclose(rational(1, 2)), over(times(density0, series), exponential(shift(square, -1n))))
}
