import { type Noise, tailOf } from '../certified/noise-tail.ts'
import { larger, smaller } from '../larger.ts'
import { divide, type Rational, rational } from '../rational.ts'
import { deltaPlaces, inUnits } from './charge-of.ts'
import type { NoisyColumn, Threshold } from './noise-plan.ts'

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

/**
 * The threshold of a query over the noisy number of units.
 * @param groups that one unit is in, at most
 * @param minimum what rules hide anyhow
 * @param deltas in 10⁻¹⁵, one for each dataset; null where groups are declared and cost none
 */
export function thresholdOf(
  columns: readonly NoisyColumn[],
  { groups, minimum, deltas }: { readonly groups: bigint; readonly minimum: number; readonly deltas: readonly bigint[] | null },
): Threshold {
  const units = columns.find(({ measure }) => measure.kind === 'units')
  if (units === undefined || units.mechanism === 'exponential') throw new Error('a threshold is on the noisy number of units')
  const least = BigInt(minimum)
  if (deltas === null) return { column: units.name, minimum: least, tau: null }
  const delta = inUnits(deltas.reduce(smaller), deltaPlaces)
  const tau = tauOf({ mechanism: units.mechanism, scale: units.scale }, groups, delta)
  return { column: units.name, minimum: larger(tau, least), tau: { minimum: tau, delta } }
}
