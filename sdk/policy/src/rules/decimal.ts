// Numbers with few digits after the point, as rules write them, in exact arithmetic.

const digits = 6
const one = 10n ** BigInt(digits)

/** Millionths of a number that has no finer part. */
export function millionthsOf(value: number | string): bigint {
  const [whole = '0', fraction = ''] = String(value).split('.')
  return BigInt(whole) * one + BigInt(fraction.slice(0, digits).padEnd(digits, '0'))
}

/** Such as `2.5`, without zeros that say nothing. */
export function decimalText(millionths: bigint): string {
  const fraction = String(millionths % one)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return fraction === '' ? String(millionths / one) : `${millionths / one}.${fraction}`
}

/** The smallest number of which both are whole fractions, as 7.5 of 1.5 and 2.5. */
export function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}
