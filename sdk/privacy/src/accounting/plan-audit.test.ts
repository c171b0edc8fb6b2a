import { expect, test } from 'vitest'
import { audit } from '../audit/audit.ts'
import type { Database } from '../audit/distinguishing-event.ts'
import { approximate } from '../rational.ts'
import { discreteGaussianSampler } from '../sampling/discrete-gaussian.ts'
import { discreteLaplaceSampler } from '../sampling/discrete-laplace.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { columnOf, type NoisePlan, type NoisyColumn } from './noise-plan.ts'
import { planNoise } from './plan-noise.ts'

type Kind = 'discreteLaplace' | 'discreteGaussian'
const delta = 1e-6

function averagePlan(mechanism: Kind): NoisePlan {
  const rule = { epsilonBudget: 1, deltaBudget: delta, maxEpsilonPerQuery: 1, mechanism, accounting: 'basic' } as const
  const outcome = planNoise(
    {
      contribution: { groups: 1, rows: 2 },
      declaredGroups: 4,
      minimumGroupSize: 0,
      asked: [{ name: 'a', aggregate: 'avg', values: 'x', bounds: [0, 100], decimals: 0 }],
    },
    [{ rule, spending: { epsilon: 1, delta: mechanism === 'discreteGaussian' ? delta : 0 } }],
  )
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plan
}

/** One number that tells best whether a unit of so many rows of the value 100 is there: what speaks for it, column by column. */
function tellingNumber(plan: NoisePlan, kind: Kind, rowsOfUnit: bigint): (database: Database) => number {
  const random = seededRandomness(`${kind} ${rowsOfUnit}`)
  const columns = ['rows x', 'sum x'].map((name) => columnOf(plan, name))
  const changes = [rowsOfUnit, rowsOfUnit * 50n]
  const draws = columns.map(({ scale }: NoisyColumn) =>
    kind === 'discreteLaplace' ? discreteLaplaceSampler(scale, random) : discreteGaussianSampler(scale, random),
  )
  return (database) => {
    const parts = draws.map((draw, i) => {
      const change = changes[i] ?? 0n
      const noisy = Number(draw() + (database === 'with' ? change : 0n))
      const scale = approximate(columns[i]?.scale ?? { numerator: 1n, denominator: 1n })
      if (kind === 'discreteGaussian') return (noisy * Number(change)) / scale
      return (Math.abs(noisy) - Math.abs(noisy - Number(change))) / scale
    })
    return Math.round(100 * parts.reduce((a, b) => a + b, 0))
  }
}

const options = { runs: 40_000, confidence: 0.999, delta }

test.each(['discreteLaplace', 'discreteGaussian'] as const)(
  'an audit of an average with %s noise finds no more than its ε',
  async (kind) => {
    const found = await audit(tellingNumber(averagePlan(kind), kind, 2n), options)
    expect(found.epsilon).toBeLessThanOrEqual(1)
    expect(found.epsilon).toBeGreaterThan(0.2)
  },
)

test.each(['discreteLaplace', 'discreteGaussian'] as const)(
  'and finds more where a unit has rows beyond the bound, with %s noise',
  async (kind) => {
    const found = await audit(tellingNumber(averagePlan(kind), kind, 40n), options)
    expect(found.epsilon).toBeGreaterThan(1)
  },
)
