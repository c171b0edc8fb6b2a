import { chiSquareTail } from './chi-square-tail.ts'
import type { ExactDistribution } from './exact-distributions.ts'

/**
 * A fit with a smaller p-value than this is a failure. A right sampler fails one test of either kind once in a million runs with
 * real randomness; seeded tests give the same verdict for ever.
 */
export const significance = 1e-6

/** p-values: how probable draws from the exact distribution are to fit no better than these did. */
export interface Fit {
  readonly chiSquare: number
  readonly kolmogorovSmirnov: number
}

export function goodnessOfFit(draw: () => bigint, draws: number, exact: ExactDistribution): Fit {
  const counts = new Map<number, number>()
  for (let i = 0; i < draws; i += 1) {
    const x = Number(draw())
    counts.set(x, (counts.get(x) ?? 0) + 1)
  }
  return { chiSquare: chiSquare(counts, draws, exact), kolmogorovSmirnov: kolmogorovSmirnov(counts, draws, exact) }
}

/** Pearson's test. Integers next to each other share a class until it expects 25 draws, and a thousandth of all. */
function chiSquare(counts: ReadonlyMap<number, number>, draws: number, exact: ExactDistribution): number {
  const enough = Math.max(25, draws / 1000)
  const classes: { expected: number; observed: number }[] = []
  let [expected, observed, seen] = [0, 0, 0]
  for (let x = -exact.reach; x <= exact.reach; x += 1) {
    expected += draws * exact.probability(x)
    observed += counts.get(x) ?? 0
    seen += counts.get(x) ?? 0
    if (expected < enough) continue
    classes.push({ expected, observed })
    expected = observed = 0
  }
  const last = classes.at(-1)
  if (last === undefined || classes.length < 2) throw new Error('too few draws for a test')
  last.expected += expected
  // What lies beyond reach is expected nowhere, and counts against the fit.
  last.observed += observed + draws - seen
  const statistic = classes.reduce((sum, each) => sum + (each.observed - each.expected) ** 2 / each.expected, 0)
  return chiSquareTail(statistic, classes.length - 1)
}

/**
 * The largest distance between the distribution functions. Its p-value is at most 2·exp(-2nD²) for every distribution, discrete
 * ones too (Dvoretzky, Kiefer, Wolfowitz 1956 with the constant of Massart 1990), so false alarms are rarer than stated.
 */
function kolmogorovSmirnov(counts: ReadonlyMap<number, number>, draws: number, exact: ExactDistribution): number {
  let [expected, observed, largest] = [0, 0, 0]
  for (const [x, count] of counts) if (x < -exact.reach) observed += count
  for (let x = -exact.reach; x <= exact.reach; x += 1) {
    expected += exact.probability(x)
    observed += counts.get(x) ?? 0
    largest = Math.max(largest, Math.abs(expected - observed / draws))
  }
  return Math.min(1, 2 * Math.exp(-2 * draws * largest ** 2))
}
