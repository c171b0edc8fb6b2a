import type { Asked } from '../accounting/asked.ts'
import type { Mechanism } from '../accounting/charge-of.ts'
import type { Measure, NoisePlan, NoisyColumn } from '../accounting/noise-plan.ts'
import { planNoise } from '../accounting/plan-noise.ts'
import { estimator } from '../intervals/estimates.ts'
import { quantileSampler } from '../mechanisms/quantile.ts'
import { ranksOf, type ValueCount } from '../mechanisms/ranks.ts'
import { approximate, floor, multiply, parseDecimal, type Rational, rational } from '../rational.ts'
import { discreteGaussianSampler } from '../sampling/discrete-gaussian.ts'
import { discreteLaplaceSampler } from '../sampling/discrete-laplace.ts'
import type { RandomSource } from '../sampling/random-source.ts'

/** A plan that spends ε of one dataset, whose units have up to 2 rows in one of 10 groups. */
export function plannedFor(mechanism: Mechanism, asked: readonly Asked[], epsilon = 1): NoisePlan {
  const rule = { epsilonBudget: 10, deltaBudget: 1e-6, maxEpsilonPerQuery: 10, mechanism, accounting: 'zcdp' } as const
  const request = { contribution: { groups: 1, rows: 2 }, declaredGroups: 10, minimumGroupSize: 0, asked }
  const outcome = planNoise(request, [{ rule, spending: { epsilon } }])
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plan
}

/** A group of rows with these values, in steps of the grid and within the bounds; each row is of a unit of its own. */
export interface Group {
  readonly values: readonly bigint[]
}

/** What is measured in the group without noise. */
export function measured({ values }: Group, measure: Measure): bigint {
  const sum = (of: (x: bigint) => bigint) => values.map(of).reduce((a, b) => a + b, 0n)
  switch (measure.kind) {
    case 'units':
    case 'rows':
      return BigInt(values.length)
    case 'distinct':
      return BigInt(new Set(values).size)
    case 'sum':
      return sum((x) => x - measure.center)
    case 'squares':
      return sum((x) => (x - measure.center) ** 2n - measure.squareCenter)
    case 'quantile':
      throw new Error('a quantile is drawn')
  }
}

/** Draws of one column over a group, by the samplers that the enclave uses. */
function drawing(group: Group, { measure, mechanism, scale }: NoisyColumn, random: RandomSource): () => bigint {
  if (measure.kind === 'quantile') {
    const query = { bounds: measure.steps, quantile: measure.quantile, epsilon: scale, rowsPerUnit: 1n }
    return quantileSampler(cellOf(group), query, random)
  }
  const exact = measured(group, measure)
  const noise = mechanism === 'discreteLaplace' ? discreteLaplaceSampler(scale, random) : discreteGaussianSampler(scale, random)
  return () => exact + noise()
}

function cellOf({ values }: Group): readonly ValueCount[] {
  const counts = new Map<bigint, bigint>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0n) + 1n)
  const sorted = [...counts].map(([value, count]) => ({ value, count }))
  return sorted.sort((a, b) => (a.value < b.value ? -1 : 1))
}

/** The rows between a value and the exact quantile, as the rank of the mechanism counts them. */
function rankError(group: Group, value: bigint, quantile: Rational): number {
  const ranks = ranksOf(cellOf(group))
  const target = approximate(multiply(quantile, rational(ranks.rows)))
  return Math.max(Number(ranks.below(value)) - target, target - Number(ranks.upTo(value)), 0)
}

export interface Coverage {
  readonly name: string
  /** part of the runs in which the exact value was within the interval */
  readonly covered: number
  /** mean distance of the noisy value from the exact one; of a quantile in ranks */
  readonly meanError: number
}

/** Runs a plan over a group many times. `exact` gives what each output is without noise, in the unit of the output. */
export function coverageOf(
  plan: NoisePlan,
  group: Group,
  exact: Readonly<Record<string, number>>,
  { runs, random, level }: { readonly runs: number; readonly random: RandomSource; readonly level?: Rational },
): readonly Coverage[] {
  const draws = new Map(plan.columns.map((column) => [column.name, drawing(group, column, random)]))
  const estimate = estimator(plan, level)
  const counts = new Map(plan.outputs.map(({ name }) => [name, { inside: 0, error: 0 }]))
  for (let run = 0; run < runs; run += 1) {
    const drawn = new Map([...draws].map(([name, draw]) => [name, draw()]))
    for (const { name, value, confidence } of estimate((column) => drawn.get(column) ?? missing())) {
      const count = counts.get(name) ?? missing()
      const truth = exact[name] ?? missing()
      const given = value === null ? Number.NaN : approximate(value)
      if (confidence.kind === 'values') {
        const [low, high] = [approximate(confidence.low), approximate(confidence.high)]
        if (low <= truth && truth <= high) count.inside += 1
        count.error += Math.abs(given - truth)
      } else {
        const off = rankErrorOf(plan, group, name, given)
        if (off <= Number(confidence.rows)) count.inside += 1
        count.error += off
      }
    }
  }
  return [...counts].map(([name, { inside, error }]) => ({ name, covered: inside / runs, meanError: error / runs }))
}

function rankErrorOf(plan: NoisePlan, group: Group, name: string, value: number): number {
  const output = plan.outputs.find((o) => o.name === name)
  const column = output?.kind === 'quantile' ? plan.columns.find((c) => c.name === output.quantile) : undefined
  if (column?.measure.kind !== 'quantile') return missing()
  const step = floor(multiply(parseDecimal(value), rational(column.grid.denominator, column.grid.numerator)))
  return rankError(group, step, column.measure.quantile)
}

function missing(): never {
  throw new Error('not in the plan')
}
