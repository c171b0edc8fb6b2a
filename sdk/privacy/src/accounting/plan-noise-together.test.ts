import { describe, expect, test } from 'vitest'
import { compare, rational } from '../rational.ts'
import { chargeOf, type PrivacyRule } from './charge-of.ts'
import { covers } from './covers.ts'
import { columnOf, type NoisePlan } from './noise-plan.ts'
import { costOfAll, type NoiseRequest, planNoise, planNoiseTogether } from './plan-noise.ts'

const basic: PrivacyRule = {
  epsilonBudget: 10,
  deltaBudget: 1e-8,
  maxEpsilonPerQuery: 5,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const gaussian: PrivacyRule = { ...basic, mechanism: 'discreteGaussian' }
const zcdp: PrivacyRule = { ...gaussian, accounting: 'zcdp' }
const groups: NoiseRequest = {
  contribution: { groups: 2, rows: 3 },
  declaredGroups: 50,
  minimumGroupSize: 0,
  asked: [{ name: 'people', aggregate: 'countUnits' }],
}
const total: NoiseRequest = {
  ...groups,
  declaredGroups: 1,
  asked: [...groups.asked, { name: 'rows', aggregate: 'count', rows: 'all' }],
}

function planned(requests: readonly NoiseRequest[], rule = basic, spending = { epsilon: 1, delta: 1e-9 }): readonly NoisePlan[] {
  const outcome = planNoiseTogether(requests, [{ rule, spending }])
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plans
}

describe('several histograms of one query', () => {
  test('share what it spends by their weights, each with its own sensitivity', () => {
    const [first, second] = planned([groups, total])
    // thirds of 1, rounded down to millionths
    expect(first?.columns.map(({ shares }) => shares)).toEqual([[{ as: 'epsilon', amount: 333_333n }]])
    expect(second?.columns.map(({ shares }) => shares[0]?.amount)).toEqual([333_333n, 333_333n])
    expect([first, second].map((plan) => plan && columnOf(plan, 'units').sensitivity.l1)).toEqual([2n, 1n])
  })

  test('alone are what they are without others', () => {
    const alone = planNoise(groups, [{ rule: basic, spending: { epsilon: 1 } }])
    expect(alone).toEqual({ outcome: 'planned', plan: planned([groups])[0] })
  })

  test.each([
    ['Laplace noise', basic],
    ['Gaussian noise', gaussian],
    ['Gaussian noise under zCDP', zcdp],
  ])('cost together no more than the charge, with %s and groups that nobody declared', (_, rule) => {
    const spending = { epsilon: 1, delta: 1e-9 }
    const plans = planned([{ ...groups, declaredGroups: null }, total, { ...total, declaredGroups: null }], rule, spending)
    const priced = chargeOf(rule, spending)
    if (priced.outcome === 'refused') throw new Error(priced.code)
    expect(covers(rule, priced.charge, costOfAll(plans))).toBe(true)
    expect(covers(rule, priced.charge, costOfAll([...plans, ...plans]))).toBe(false)
    const deltas = plans.map(({ threshold }) => threshold?.tau?.delta ?? rational(0))
    expect(deltas[1]).toEqual(rational(0))
    expect(compare(deltas[0] ?? rational(0), deltas[2] ?? rational(1))).toBe(0)
  })

  test('are refused for a δ that cannot be shared, and where one of them is', () => {
    const open = { ...groups, declaredGroups: null }
    const refused = (requests: readonly NoiseRequest[], delta: number) =>
      planNoiseTogether(requests, [{ rule: basic, spending: { epsilon: 1, delta } }])
    expect(refused([open, open], 1e-15)).toMatchObject({ outcome: 'refused', code: 'delta-missing' })
    expect(refused([open, open], 2e-15)).toMatchObject({ outcome: 'planned' })
    expect(refused([groups, { ...total, contribution: { groups: 1 } }], 0)).toMatchObject({ code: 'rows-unbounded' })
    expect(() => refused([], 0)).toThrow(RangeError)
  })
})

describe('units that a dataset without noise is promised', () => {
  const assured = (changes: Partial<NoiseRequest>) => planned([{ ...groups, assuredUnits: 7, ...changes }])[0]?.threshold

  test('are reached by a margin that noise crosses once in a million times', () => {
    // scale 2: P[X ≥ m] = e^(-m/2) / (1 + e^(-1/2)) is at most 10⁻⁶ from m = 27 on
    expect(Math.exp(-27 / 2) / (1 + Math.exp(-1 / 2))).toBeLessThan(1e-6)
    expect(Math.exp(-26 / 2) / (1 + Math.exp(-1 / 2))).toBeGreaterThan(1e-6)
    expect(assured({})).toEqual({
      column: 'units',
      minimum: 33n,
      tau: null,
      spared: null,
      assured: { units: 7n, minimum: 33n, outputs: [] },
    })
    expect(assured({ minimumGroupSize: 50 })?.minimum).toBe(50n)
  })

  test('are counted once for all outputs of the same units, and hide nothing without the promise', () => {
    const asked = ['a', 'b'].map((name) => ({ name, aggregate: 'count', rows: 'x', behind: 'units with x' }) as const)
    const found = assured({ asked })
    expect(found?.assured?.outputs.map(({ output, column }) => [output, column])).toEqual([
      ['a', 'distinct units with x'],
      ['b', 'distinct units with x'],
    ])
    const [plan] = planned([{ ...groups, asked }])
    expect([plan?.threshold, plan?.columns.map(({ name }) => name)]).toEqual([null, ['rows x']])
  })
})
