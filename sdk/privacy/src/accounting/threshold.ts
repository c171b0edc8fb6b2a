import { type Noise, tailOf } from '../certified/noise-tail.ts'
import { larger, smaller } from '../larger.ts'
import { divide, type Rational, rational } from '../rational.ts'
import { deltaPlaces, inUnits } from './charge-of.ts'
import type { Assured, NoisyColumn, Spared, Threshold } from './noise-plan.ts'

/**
 * The least τ so that groups whose noisy number of units is at least τ may be shown although nobody declared them: releasing them
 * costs δ (Korolova, Kenthapadi, Mishra, Ntoulas 2009; Wilson and others 2020).
 *
 * Proof. Let D′ be D with unit u added. Groups with another unit exist in both. Groups of u alone exist in D′ only, and there are
 * at most G of them, each with a count of 1. Unless noise X ≥ τ - 1 comes to one of them, D′ shows what a mechanism over the
 * groups of D shows, whose loss is that of its noise. By the union bound it does so with probability at most G·P[X ≥ τ - 1].
 * @param groups that one unit is in, at most
 * @throws RangeError unless δ/groups lies between 10⁻³⁵ and 1/2
 */
export function tauOf(noise: Noise, groups: bigint, delta: Rational): bigint {
  return 1n + tailOf(noise, divide(delta, rational(groups)))
}

/** How often a noisy number of units may show what has too few: a probability for each number that is shown. */
const assuredBut = rational(1, 1_000_000n)

/**
 * The least that a noisy number has to reach so that the exact one is at least `units`, but with a probability of 10⁻⁶: a group of
 * units - 1 reaches units - 1 + m only if its noise reaches m, and one of fewer only if it reaches more.
 */
export function assuredMinimum(noise: Noise, units: bigint): bigint {
  return units - 1n + tailOf(noise, assuredBut)
}

/**
 * The threshold of a query over the noisy number of units.
 * @param groups that one unit is in, at most
 * @param minimum what rules hide anyhow
 * @param assured units that a group shown has exactly, almost surely; null where none are promised
 * @param behind by output, the column that counts the units behind it
 * @param spared noisy rows that are enough, where groups are declared and no units are promised
 * @param deltas in 10⁻¹⁵, one for each dataset; null where groups are declared and cost none
 */
export function thresholdOf(
  columns: readonly NoisyColumn[],
  { groups, minimum, deltas, assured, behind, spared }: ThresholdLimits,
): Threshold {
  const units = additiveColumn(columns, ({ measure }) => measure.kind === 'units')
  const promised = assured === null ? null : assuredOf(columns, units, BigInt(assured), behind)
  const least = larger(BigInt(minimum), promised?.minimum ?? 0n)
  if (deltas === null) return { column: units.name, minimum: least, tau: null, assured: promised, spared }
  const delta = inUnits(deltas.reduce(smaller), deltaPlaces)
  const tau = tauOf(units, groups, delta)
  return { column: units.name, minimum: larger(tau, least), tau: { minimum: tau, delta }, assured: promised, spared: null }
}

export interface ThresholdLimits {
  readonly groups: bigint
  readonly minimum: number
  readonly deltas: readonly bigint[] | null
  readonly assured: number | null
  readonly behind: ReadonlyMap<string, string>
  readonly spared: Spared | null
}

function assuredOf(columns: readonly NoisyColumn[], noise: Noise, units: bigint, behind: ReadonlyMap<string, string>): Assured {
  const outputs = [...behind].map(([output, name]) => {
    const column = additiveColumn(columns, (c) => c.name === name)
    return { output, column: name, minimum: assuredMinimum(column, units) }
  })
  return { units, minimum: assuredMinimum(noise, units), outputs }
}

function additiveColumn(
  columns: readonly NoisyColumn[],
  is: (column: NoisyColumn) => boolean,
): Noise & { readonly name: string } {
  const found = columns.find(is)
  if (found === undefined || found.mechanism === 'exponential') throw new Error('a threshold is on a noisy number of units')
  return { name: found.name, mechanism: found.mechanism, scale: found.scale }
}
