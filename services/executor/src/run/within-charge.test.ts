import { costOf, type NoisePlan, planNoise, rational } from '@reinraum/privacy'
import type { DifferentialPrivacy, Slot } from '@reinraum/statements'
import { describe, expect, it } from 'vitest'
import { requireWithinCharge } from './within-charge.ts'

const rule: DifferentialPrivacy = {
  epsilonBudget: 10,
  deltaBudget: 1e-6,
  maxEpsilonPerQuery: 2,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
  refresh: 'never',
}
const gaussian = { ...rule, mechanism: 'discreteGaussian' } as const
const zcdp = { ...gaussian, accounting: 'zcdp' } as const
const spending = { epsilon: 1, delta: 1e-9 }

function slotsWith(noise: DifferentialPrivacy | undefined): readonly Slot[] {
  return [{ id: 'visits', rule: noise === undefined ? {} : { differentialPrivacy: noise } } as Slot]
}

function planFor(noise: DifferentialPrivacy, declaredGroups: number | null): NoisePlan {
  const values = { values: 'cost', bounds: [0, 100], decimals: 2 } as const
  const outcome = planNoise(
    {
      contribution: { rows: 3, groups: 2 },
      declaredGroups,
      minimumGroupSize: 20,
      asked: [
        { name: 'n', aggregate: 'count', rows: 'all' },
        { name: 'v', aggregate: 'variance', of: 'sample', ...values },
        { name: 'm', aggregate: 'quantile', quantile: '0.5', ...values },
      ],
    },
    [{ rule: noise, spending }],
  )
  if (outcome.outcome === 'refused') throw new Error(outcome.message)
  return outcome.plan
}

const check = (
  plan: NoisePlan | readonly NoisePlan[],
  noise: DifferentialPrivacy | undefined,
  spent: typeof spending | undefined = spending,
) => {
  try {
    requireWithinCharge([plan].flat(), slotsWith(noise), spent)
    return 'within'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe.each([
  ['Laplace noise under basic composition', rule],
  ['Gaussian noise under basic composition', gaussian],
  ['Gaussian noise under zCDP', zcdp],
])('%s', (_, noise) => {
  it.each([
    ['declared groups', 50],
    ['groups of the data', null],
  ] as const)('costs no more than was stated, over %s', (_, groups) => {
    expect(check(planFor(noise, groups), noise)).toBe('within')
  })

  it('is refused with less noise in one column than was planned', () => {
    const plan = planFor(noise, 50)
    const thinner = (i: number): NoisePlan => ({
      ...plan,
      columns: plan.columns.map((c, at) => {
        if (at !== i) return c
        const { numerator, denominator } = c.scale
        return {
          ...c,
          scale:
            c.mechanism === 'exponential'
              ? rational(numerator * 11n, denominator * 10n)
              : rational(numerator * 10n, denominator * 11n),
        }
      }),
    })
    expect(plan.columns.map((_, i) => check(thinner(i), noise))).toEqual(plan.columns.map(() => 'privacy-over-maximum'))
  })

  it('is refused where it says that it costs less than it does', () => {
    const plan = planFor(noise, 50)
    const twice = { ...plan, columns: [...plan.columns, ...plan.columns], cost: { ...costOf([]), delta: rational(0) } }
    expect(check(twice, noise)).toBe('privacy-over-maximum')
  })

  it('is refused for plans that cost so much each', () => {
    const plan = planFor(noise, null)
    expect(check([plan, plan], noise)).toBe('privacy-over-maximum')
    // the δ of three thresholds is more than one may have
    const free = { ...plan, columns: [] }
    expect(check([free], noise)).toBe('within')
    expect(check([free, free, free], noise)).toBe('privacy-over-maximum')
  })

  it('is refused for a smaller charge, and for a threshold that costs more delta', () => {
    const plan = planFor(noise, null)
    expect(check(plan, noise, { ...spending, epsilon: 0.999 })).toBe('privacy-over-maximum')
    expect(check(plan, noise, { ...spending, delta: 1e-10 })).toBe('privacy-over-maximum')
  })
})

it('a dataset that asks for noise is not read without, nor one that states nothing', () => {
  expect(check([], rule)).toBe('guard-refused')
  const without = () => requireWithinCharge([planFor(rule, 1)], slotsWith(rule), undefined)
  expect(without).toThrow(expect.objectContaining({ code: 'guard-refused' }))
  expect(check([], undefined)).toBe('within')
})
