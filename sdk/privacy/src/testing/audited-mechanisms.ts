import { epsilonOfRho } from '../accounting/conversion.ts'
import type { Database, Outcome } from '../audit/distinguishing-event.ts'
import { tailOf } from '../certified/noise-tail.ts'
import { quantileSampler } from '../mechanisms/quantile.ts'
import { approximate, type Rational, rational } from '../rational.ts'
import { discreteGaussianSampler } from '../sampling/discrete-gaussian.ts'
import { discreteLaplaceSampler } from '../sampling/discrete-laplace.ts'
import type { RandomSource } from '../sampling/random-source.ts'
import { countsOf } from './quantile-cases.ts'

/** A mechanism on two small neighbouring databases, and what is claimed of it. */
export interface AuditedMechanism {
  readonly name: string
  readonly epsilon: number
  readonly delta: number
  readonly mechanism: (random: RandomSource) => (database: Database) => Outcome
}

type Claim = Pick<AuditedMechanism, 'epsilon' | 'delta'>

const one: Claim = { epsilon: 1, delta: 0 }
const thousandth = rational(1, 1000)
const gaussian: Claim = { epsilon: approximate(epsilonOfRho(rational(1, 8), thousandth)), delta: 0.001 }
const thresholded: Claim = { epsilon: 1, delta: 0.001 }
const lonely = { without: 0n, with: 1n }
const tenOthers = { without: 10n, with: 11n }

/** The rows of a unit that has five of 9 in a column bounded by 0 to 4, and may give two. */
const rowsOfUnit = [9n, 9n, 9n, 9n, 9n]
const clamped = rowsOfUnit.map((value) => (value > 4n ? 4n : value))
const sensitivity = 8n

export const soundMechanisms: readonly AuditedMechanism[] = [
  { ...one, name: 'a count with Laplace noise', mechanism: laplace(tenOthers, rational(1)) },
  {
    ...one,
    name: 'a count with Laplace noise, by its parity',
    mechanism: (random) => parity(laplace(tenOthers, rational(1))(random)),
  },
  {
    ...one,
    name: 'a sum of bounded contributions',
    mechanism: laplace({ without: 100n, with: 100n + sum(clamped.slice(0, 2)) }, rational(sensitivity)),
  },
  { ...gaussian, name: 'a count with Gaussian noise', mechanism: gauss(tenOthers, rational(4)) },
  { ...one, name: 'a median', mechanism: median([99], [10, 99], { epsilon: rational(1), rowsPerUnit: 1n }) },
  {
    ...one,
    name: 'a median of units with three rows',
    mechanism: median([99, 99, 99], [10, 10, 10, 99, 99, 99], { epsilon: rational(1), rowsPerUnit: 3n }),
  },
  { ...thresholded, name: 'the key of a group of one, if its noisy count is large', mechanism: group(lonely, tau()) },
  { ...thresholded, name: 'the key of a group of ten, if its noisy count is large', mechanism: group(tenOthers, tau()) },
]

export const brokenMechanisms: readonly AuditedMechanism[] = [
  { ...one, name: 'Laplace noise at half the scale', mechanism: laplace(tenOthers, rational(1, 2)) },
  { ...gaussian, name: 'Gaussian noise at half the scale', mechanism: gauss(tenOthers, rational(1)) },
  {
    ...one,
    name: 'a count that is asked twice and paid once',
    mechanism: (random) => {
      const noisy = laplace(tenOthers, rational(1))(random)
      return (database) => BigInt(noisy(database)) + BigInt(noisy(database))
    },
  },
  {
    ...one,
    name: 'a sum of all rows of a unit',
    mechanism: laplace({ without: 100n, with: 100n + sum(clamped) }, rational(sensitivity)),
  },
  {
    ...one,
    name: 'a sum of values beyond their bounds',
    mechanism: laplace({ without: 100n, with: 100n + sum(rowsOfUnit.slice(0, 2)) }, rational(sensitivity)),
  },
  { ...one, name: 'a median at twice the ε', mechanism: median([99], [10, 99], { epsilon: rational(2), rowsPerUnit: 1n }) },
  {
    ...one,
    name: 'a median that takes each row for a unit',
    mechanism: median([99, 99, 99], [10, 10, 10, 99, 99, 99], { epsilon: rational(1), rowsPerUnit: 1n }),
  },
  { ...thresholded, name: 'the key of a group of one, if there is one', mechanism: group(lonely, 1n, rational(1, 1000)) },
  { ...thresholded, name: 'the key of a group of one, at a threshold too low', mechanism: group(lonely, tau() - 3n) },
  {
    ...one,
    name: 'continuous Laplace noise in floating point, by its last bits',
    mechanism: (random) => (database) =>
      // What is left of the noise's finest bits shows whether 1 was added to it (Mironov 2012).
      Number.isInteger((Number(lonely[database]) + floatLaplace(1, random)) * 2 ** 53) ? 'coarse' : 'fine',
  },
  {
    ...one,
    name: 'noise rounded to a coarser grid than the values',
    mechanism: (random) => (database) => (database === 'with' ? 100.5 : 100) + Math.round(floatLaplace(0.5, random)),
  },
]

function laplace(values: Readonly<Record<Database, bigint>>, scale: Rational): AuditedMechanism['mechanism'] {
  return (random) => {
    const noise = discreteLaplaceSampler(scale, random)
    return (database) => values[database] + noise()
  }
}

function gauss(values: Readonly<Record<Database, bigint>>, variance: Rational): AuditedMechanism['mechanism'] {
  return (random) => {
    const noise = discreteGaussianSampler(variance, random)
    return (database) => values[database] + noise()
  }
}

function median(
  without: readonly number[],
  joined: readonly number[],
  cost: { readonly epsilon: Rational; readonly rowsPerUnit: bigint },
): AuditedMechanism['mechanism'] {
  const query = { ...cost, bounds: { low: 0n, high: 99n }, quantile: rational(1, 2) }
  return (random) => {
    const samplers = {
      without: quantileSampler(countsOf(without), query, random),
      with: quantileSampler(countsOf(joined), query, random),
    }
    return (database) => samplers[database]()
  }
}

/** A group that no unit is in cannot be named; of the others, the key and the noisy count come out where that reaches τ. */
function group(units: Readonly<Record<Database, bigint>>, threshold: bigint, scale = rational(1)): AuditedMechanism['mechanism'] {
  return (random) => {
    const noise = discreteLaplaceSampler(scale, random)
    return (database) => {
      const noisy = units[database] + noise()
      return units[database] > 0n && noisy >= threshold ? `${noisy}` : 'absent'
    }
  }
}

/** One unit alone reaches it with probability δ at most. */
function tau(): bigint {
  return 1n + tailOf({ mechanism: 'discreteLaplace', scale: rational(1) }, thousandth)
}

function parity(mechanism: (database: Database) => Outcome): (database: Database) => Outcome {
  return (database) => (BigInt(mechanism(database)) % 2n === 0n ? 'even' : 'odd')
}

function floatLaplace(scale: number, random: RandomSource): number {
  const u = (random() + 0.5) / 2 ** 32 - 0.5
  return -scale * Math.sign(u) * Math.log(1 - 2 * Math.abs(u))
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}
