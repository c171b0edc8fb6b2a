import { type Rational, rational, subtract } from '../rational.ts'
import { bernoulliExp, bernoulliExpOneOfThreeEighths } from './bernoulli.ts'
import type { RandomSource } from './random-source.ts'
import { uniformBelow } from './uniform.ts'

/** The integers from `low` to `high`, both included; one at least. */
export interface Interval {
  readonly low: bigint
  readonly high: bigint
}

/** Weights exp(-γ) of the integers of an interval, where the integers with smaller γ always lie between those with larger. */
export interface ExponentialWeights {
  readonly all: Interval
  /** γ ≥ 0 of an integer; 0 for one at least */
  readonly gamma: (y: bigint) => Rational
  /** the integers with γ < `level`, for every level from 1 */
  readonly below: (level: bigint) => Interval
}

/** Integers of one level: those of `outer` that are not of `inner`, each proposed with the same weight. */
interface Level {
  readonly index: bigint
  readonly outer: Interval
  readonly inner: Interval | undefined
  readonly weight: bigint
  readonly total: bigint
}

/**
 * Draws integers y with probability proportional to exp(-γ(y)) exactly, by rejection, whatever the size of the interval.
 *
 * Level j holds the integers with j ≤ γ < j + 1, and the last one all with γ ≥ T. An integer of level j is proposed with weight
 * (3/8)^j, which is rational, and accepted with probability exp(-γ) / (3/8)^j = (8/3e)^j · exp(j - γ), which coins of
 * Canonne, Kamath, Steinke 2020 give. So it comes out with probability proportional to exp(-γ).
 * (8/3)^T is at least the number of integers: the last level is proposed no more often than the integers with γ = 0 come out, and
 * below it a proposal is accepted with probability (8/3e)^T / e or more. A draw from 10⁹ integers takes 6 proposals at most on
 * average, one from 2⁶⁴ takes 8.
 */
export function exponentialWeightsSampler(weights: ExponentialWeights, random: RandomSource): () => bigint {
  const levels = levelsOf(weights)
  const total = levels.reduce((sum, level) => sum + level.total, 0n)
  return () => {
    for (;;) {
      const [y, level] = propose(levels, uniformBelow(total, random))
      if (!everyCoin(level, random)) continue
      if (bernoulliExp(subtract(weights.gamma(y), rational(level)), random)) return y
    }
  }
}

function levelsOf({ all, below }: ExponentialWeights): readonly Level[] {
  const last = lastLevel(sizeOf(all))
  const levels: Level[] = []
  let inner: Interval | undefined
  for (let index = 0n; index <= last; index += 1n) {
    const outer = index === last ? all : below(index + 1n)
    const weight = 3n ** index * 8n ** (last - index)
    levels.push({ index, outer, inner, weight, total: weight * (sizeOf(outer) - (inner ? sizeOf(inner) : 0n)) })
    inner = outer
  }
  return levels
}

/** The smallest T with (8/3)^T ≥ `size`. */
function lastLevel(size: bigint): bigint {
  let last = 0n
  while (8n ** last < size * 3n ** last) last += 1n
  return last
}

/** The integer at `point` when each takes up its weight, level by level, and its level. */
function propose(levels: readonly Level[], point: bigint): readonly [bigint, bigint] {
  let left = point
  for (const { index, outer, inner, weight, total } of levels) {
    if (left >= total) {
      left -= total
      continue
    }
    const y = outer.low + left / weight
    return [inner === undefined || y < inner.low ? y : y + sizeOf(inner), index]
  }
  throw new RangeError('the point lies beyond all weights')
}

function everyCoin(count: bigint, random: RandomSource): boolean {
  for (let left = count; left > 0n; left -= 1n) if (!bernoulliExpOneOfThreeEighths(random)) return false
  return true
}

function sizeOf({ low, high }: Interval): bigint {
  return high - low + 1n
}
