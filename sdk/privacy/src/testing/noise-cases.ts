import { parseDecimal, type Rational, rational } from '../rational.ts'

/** Parameters that samplers are tested with, in the short form and in the long one. The last ones leave the safe integers. */
export const laplaceScales: readonly Rational[] = [
  rational(1, 3),
  rational(3, 2),
  rational(20),
  parseDecimal('123.456789'),
  rational(10n ** 20n + 1n, 3n * 10n ** 19n),
]

export const gaussianVariances: readonly Rational[] = [
  rational(1, 5),
  rational(2),
  rational(2800, 7),
  parseDecimal('15241.578750'),
  rational(10n ** 21n + 7n, 10n ** 20n + 3n),
]
