/** An exact rational number; `denominator` is positive. Those made here are in lowest terms. */
export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

/** More digits, or a larger exponent, than any amount in a statement has; beyond that a short text could fill the memory. */
const longestDecimal = 400

/** The quotient of two integers. @throws RangeError if `denominator` is 0, or a number is not an integer */
export function rational(numerator: bigint | number, denominator: bigint | number = 1n): Rational {
  let [top, bottom] = [BigInt(numerator), BigInt(denominator)]
  if (bottom === 1n) return { numerator: top, denominator: bottom }
  if (bottom === 0n) throw new RangeError('a rational number has a denominator other than 0')
  if (bottom < 0n) [top, bottom] = [-top, -bottom]
  const divisor = greatestCommonDivisor(top < 0n ? -top : top, bottom)
  return { numerator: top / divisor, denominator: bottom / divisor }
}

/**
 * The decimal `-12.5`, `0.000001` or `1e-9` as it is written. A number stands for the shortest decimal that reads back as it, so
 * that 0.1 is one tenth, not the binary fraction next to it.
 * @throws RangeError if it is not a decimal, or has more than 400 digits or an exponent beyond 400
 */
export function parseDecimal(decimal: string | number): Rational {
  const text = String(decimal)
  const match = text.length > longestDecimal ? null : /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([+-]?[0-9]+))?$/i.exec(text)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? []
  if (match === null || Math.abs(Number(exponent)) > longestDecimal) throw new RangeError('not a decimal number')
  const digits = BigInt(sign + whole + fraction)
  const shift = BigInt(exponent) - BigInt(fraction.length)
  return shift < 0n ? rational(digits, 10n ** -shift) : rational(digits * 10n ** shift)
}

/** `5/2`, or `3` for what is an integer. */
export function quotientText({ numerator, denominator }: Rational): string {
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`
}

/** What `quotientText` wrote. @throws RangeError for anything else, or a number of more than 400 digits */
export function parseQuotient(text: string): Rational {
  const match = text.length > 2 * longestDecimal ? null : /^(-?[0-9]+)(?:\/([0-9]+))?$/.exec(text)
  if (match === null) throw new RangeError('not a quotient')
  return rational(BigInt(match[1] ?? ''), BigInt(match[2] ?? 1))
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
}

export function subtract(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator)
}

/** @throws RangeError if `b` is 0 */
export function divide(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator)
}

/** Less than 0, 0, or more than 0 as `a` is less than, equal to, or more than `b`; sorts ascending. */
export function compare(a: Rational, b: Rational): -1 | 0 | 1 {
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator]
  if (left < right) return -1
  return left > right ? 1 : 0
}

export function minimum(a: Rational, b: Rational): Rational {
  return compare(a, b) <= 0 ? a : b
}

export function maximum(a: Rational, b: Rational): Rational {
  return compare(a, b) >= 0 ? a : b
}

/** The largest integer that is at most this; division of BigInts rounds towards 0 instead. */
export function floor({ numerator, denominator }: Rational): bigint {
  const quotient = numerator / denominator
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient
}

/** The smallest integer that is at least this. */
export function ceil({ numerator, denominator }: Rational): bigint {
  return -floor({ numerator: -numerator, denominator })
}

/** Near this number, within a relative 2⁻⁵⁰: for what people read and for statistics, never for what is computed from data. */
export function approximate({ numerator, denominator }: Rational): number {
  const magnitude = numerator < 0n ? -numerator : numerator
  const shift = bitLength(magnitude) - bitLength(denominator)
  // The quotient gets 54 or 55 bits before it becomes a float.
  const up = Math.max(0, 54 - shift)
  const down = Math.max(0, shift - 54)
  const scaled = Number((magnitude << BigInt(up)) / (denominator << BigInt(down)))
  // In two steps: 2 to the power of all of it may be no float where the result is one.
  const half = Math.trunc((down - up) / 2)
  const value = scaled * 2 ** half * 2 ** (down - up - half)
  return numerator < 0n ? -value : value
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b]
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller]
  return larger
}
