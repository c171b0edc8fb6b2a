import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { approximate, compare, divide, multiply, parseDecimal, rational } from '../rational.ts'
import type { Asked } from './asked.ts'
import { chargeOf, halvesOf, inUnits, type PrivacyRule } from './charge-of.ts'
import { epsilonOfRho } from './conversion.ts'
import { covers } from './covers.ts'
import { columnOf, type NoisePlan, type NoisyColumn } from './noise-plan.ts'
import { type NoiseRequest, planNoise } from './plan-noise.ts'
import { split } from './split.ts'

const rule: PrivacyRule = {
  epsilonBudget: 10,
  deltaBudget: 1e-8,
  maxEpsilonPerQuery: 5,
  mechanism: 'discreteLaplace',
  accounting: 'basic',
}
const gaussian: PrivacyRule = { ...rule, mechanism: 'discreteGaussian', accounting: 'zcdp' }
const cost = { values: 'cost', bounds: [0, 1000], decimals: 0 } as const
const request: NoiseRequest = {
  contribution: { groups: 2, rows: 3 },
  declaredGroups: 50,
  minimumGroupSize: 0,
  asked: [{ name: 'people', aggregate: 'countUnits' }],
}

function planned(
  changes: Partial<NoiseRequest>,
  spending = { epsilon: 1, delta: 1e-9 },
  ...rules: readonly PrivacyRule[]
): NoisePlan {
  const terms = (rules.length === 0 ? [rule] : rules).map((r) => ({ rule: r, spending }))
  const outcome = planNoise({ ...request, ...changes }, terms)
  if (outcome.outcome === 'refused') throw new Error(outcome.code)
  return outcome.plan
}

const scaleOf = (plan: NoisePlan, column: string) => columnOf(plan, column).scale
const asking = (...asked: readonly Asked[]) => ({ asked })

describe('one column has the noise of the textbook', () => {
  test('Laplace noise of a count of units is of scale groups / ε', () => {
    expect(scaleOf(planned({}), 'units')).toEqual(rational(2))
    expect(scaleOf(planned({}, { epsilon: 0.25, delta: 0 }), 'units')).toEqual(rational(8))
  })

  test('a sum is measured in steps of its grid: cents of up to 1000 euros, of up to 3 rows', () => {
    const column = columnOf(planned(asking({ name: 's', aggregate: 'sum', ...cost, decimals: 2 })), 'sum cost')
    expect(column).toMatchObject({ mechanism: 'discreteLaplace', sensitivity: { l1: 300_000n, l2Squared: 90_000_000_000n } })
    expect([column.scale, column.grid]).toEqual([rational(300_000), rational(1, 100)])
  })

  test('Gaussian noise has the variance L2² / 2ρ, which grows with the root of the groups only', () => {
    const plan = planned({}, { epsilon: 1, delta: 0 }, gaussian)
    const charge = chargeOf(gaussian, { epsilon: 1 })
    if (charge.outcome === 'refused') throw new Error(charge.code)
    expect(scaleOf(plan, 'units')).toEqual(divide(rational(2), multiply(rational(2), rational(charge.charge.epsilon, 10n ** 9n))))
  })

  test('a quantile has the ε of a draw for each row of a unit', () => {
    const plan = planned(asking({ name: 'm', aggregate: 'quantile', quantile: '0.5', ...cost }))
    expect(columnOf(plan, 'quantile 1/2 cost')).toMatchObject({ mechanism: 'exponential', scale: rational(1, 3) })
  })

  test('no more groups than are declared, and no more than a unit has rows', () => {
    expect(scaleOf(planned({ contribution: { groups: 7, rows: 9 }, declaredGroups: 1 }), 'units')).toEqual(rational(1))
    expect(scaleOf(planned({ contribution: { rows: 9 }, declaredGroups: 4 }), 'units')).toEqual(rational(4))
    expect(scaleOf(planned({ contribution: { groups: 7, rows: 3 } }), 'units')).toEqual(rational(3))
  })
})

describe('several aggregates divide what is spent', () => {
  const shares = (plan: NoisePlan) => plan.columns.map((c) => [c.name, Number(c.shares[0]?.amount)])

  test('evenly, and what several need is measured once with all of their shares', () => {
    const plan = planned(
      asking(
        { name: 'n', aggregate: 'count', rows: 'cost' },
        { name: 'average', aggregate: 'avg', ...cost },
        { name: 'total', aggregate: 'sum', ...cost },
      ),
    )
    // a third and two sixths for the rows, two sixths for the sum
    expect(shares(plan)).toEqual([
      ['rows cost', 666_666],
      ['sum cost', 333_333],
    ])
  })

  test('by weights where they are given', () => {
    const plan = planned(
      asking({ name: 'people', aggregate: 'countUnits', weight: 1 }, { name: 'total', aggregate: 'sum', ...cost, weight: 3 }),
    )
    expect(shares(plan)).toEqual([
      ['units', 250_000],
      ['sum cost', 750_000],
    ])
  })

  test('the threshold needs the number of units too, and pays for it as an aggregate does', () => {
    const asked = asking({ name: 'total', aggregate: 'sum', ...cost })
    expect(shares(planned({ ...asked, minimumGroupSize: 20 }))).toEqual([
      ['sum cost', 500_000],
      ['units', 500_000],
    ])
    expect(
      shares(planned({ ...asked, minimumGroupSize: 20, thresholdWeight: 1, asked: [{ ...asked.asked[0], weight: 9 } as Asked] })),
    ).toEqual([
      ['sum cost', 900_000],
      ['units', 100_000],
    ])
    expect(shares(planned({ ...asked, minimumGroupSize: 0 }))).toEqual([['sum cost', 1_000_000]])
  })

  test('parts never add up to more than the whole', () => {
    const weights = fc
      .array(fc.bigInt({ min: 0n, max: 10n ** 7n }), { minLength: 1, maxLength: 20 })
      .filter((w) => w.some((x) => x > 0n))
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 13n }), weights, (loss, by) => {
        const parts = split(loss, by)
        const sum = parts.reduce((a, b) => a + b, 0n)
        return sum <= loss && loss - sum < BigInt(by.length) && parts.every((p) => p >= 0n)
      }),
    )
  })
})

describe('values that a count goes with are measured from the middle of their bounds', () => {
  test('so that a row adds half as much at most', () => {
    const plan = planned(asking({ name: 'a', aggregate: 'avg', ...cost }))
    expect(columnOf(plan, 'sum cost')).toMatchObject({ measure: { center: 500n }, sensitivity: { l1: 1500n } })
  })

  test('and squares from half of the largest, as the variance needs them', () => {
    const plan = planned(asking({ name: 'v', aggregate: 'variance', of: 'sample', values: 'age', bounds: [20, 60], decimals: 1 }))
    expect(columnOf(plan, 'squares age')).toMatchObject({
      measure: { center: 400n, squareCenter: 20_000n },
      sensitivity: { l1: 60_000n },
      grid: rational(1, 100),
    })
  })
})

/** What the columns cost by the formulas of the papers, written down once more. */
function costIn(as: 'epsilon' | 'rho', columns: readonly NoisyColumn[]): number {
  return columns
    .map(({ mechanism, sensitivity, scale }) => {
      const [l1, l2Squared, s] = [Number(sensitivity.l1), Number(sensitivity.l2Squared), approximate(scale)]
      if (as === 'epsilon')
        return mechanism === 'exponential' ? l1 * s : mechanism === 'discreteLaplace' ? l1 / s : Number.POSITIVE_INFINITY
      if (mechanism === 'exponential') return (l2Squared * s * s) / 8
      return l2Squared / (2 * (mechanism === 'discreteLaplace' ? s * s : s))
    })
    .reduce((a, b) => a + b, 0)
}

const column = fc.record({
  values: fc.constantFrom('a', 'b'),
  aggregate: fc.constantFrom('sum', 'avg', 'variance', 'quantile', 'count', 'countUnits', 'countDistinct'),
  weight: fc.integer({ min: 1, max: 9 }),
})
const requests: fc.Arbitrary<NoiseRequest> = fc.record({
  contribution: fc.record({ groups: fc.integer({ min: 1, max: 20 }), rows: fc.integer({ min: 1, max: 50 }) }),
  declaredGroups: fc.constantFrom(null, 1, 300),
  minimumGroupSize: fc.constantFrom(0, 20),
  asked: fc.array(column, { minLength: 1, maxLength: 6 }).map((columns) =>
    columns.map(({ values, aggregate, weight }, i): Asked => {
      const bounds: readonly [number, number] = values === 'a' ? [-5, 120] : [0.5, 99.75]
      const clamped = { name: `c${i}`, weight, values, bounds, decimals: values === 'a' ? 0 : 2 }
      switch (aggregate) {
        case 'quantile':
          return { ...clamped, aggregate, quantile: '0.25' }
        case 'variance':
          return { ...clamped, aggregate, of: 'population' }
        case 'count':
          return { name: `c${i}`, weight, aggregate, rows: values }
        case 'countUnits':
          return { name: `c${i}`, weight, aggregate }
        case 'countDistinct':
          return { name: `c${i}`, weight, aggregate, values }
        default:
          return { ...clamped, aggregate: aggregate as 'sum' | 'avg' }
      }
    }),
  ),
})
const rules = fc.constantFrom(
  rule,
  gaussian,
  { ...rule, accounting: 'zcdp' } as const,
  { ...rule, mechanism: 'discreteGaussian' } as const,
)
const someRules = fc.array(rules, { minLength: 1, maxLength: 3 })
const spendings = fc.record({ epsilon: fc.constantFrom(0.1, 0.7, 5), delta: fc.constantFrom(1e-10, 3e-9) })

test('what a charge buys costs no more than the charge, for every dataset, and at least 98 % of what the dearest allows', () => {
  fc.assert(
    fc.property(requests, someRules, spendings, (asked, several, spending) => {
      const outcome = planNoise(
        asked,
        several.map((r) => ({ rule: r, spending })),
      )
      if (outcome.outcome === 'refused') throw new Error(outcome.code)
      const { columns, cost, threshold } = outcome.plan
      let closest = 0
      for (const r of several) {
        const priced = chargeOf(r, spending)
        if (priced.outcome === 'refused') throw new Error(priced.code)
        const { epsilon, delta } = priced.charge
        const limit = inUnits(epsilon, r.accounting === 'zcdp' ? 9 : 6)
        // δ of the threshold is paid by the charge, and that of a conversion from ρ too, where it is not ρ that is added up
        const conversion = asked.declaredGroups === null ? halvesOf(BigInt(delta)).conversion : BigInt(delta)
        const converted = { loss: epsilonOfRho(cost.rho, inUnits(conversion, 15)), conversion }
        const pure = { loss: cost.epsilon, conversion: 0n }
        const basic = several.every(({ mechanism }) => mechanism === 'discreteGaussian') ? [pure, converted] : [pure]
        const paid = (r.accounting === 'zcdp' ? [{ loss: cost.rho, conversion: 0n }] : basic).flatMap(({ loss, conversion }) =>
          loss === null || compare(loss, limit) > 0 || compare(cost.delta, inUnits(BigInt(delta) - conversion, 15)) > 0
            ? []
            : [approximate(divide(loss, limit))],
        )
        expect(paid).not.toEqual([])
        expect(covers(r, priced.charge, cost)).toBe(true)
        closest = Math.max(closest, ...paid)
      }
      expect(threshold === null).toBe(asked.declaredGroups !== null && asked.minimumGroupSize === 0)
      const sums = [
        costIn('rho', columns) / approximate(cost.rho),
        cost.epsilon && costIn('epsilon', columns) / approximate(cost.epsilon),
      ]
      for (const ratio of sums) if (ratio !== null) expect(ratio).toBeCloseTo(1, 9)
      if (several.length === 1) expect(closest).toBeGreaterThan(0.98)
    }),
    { numRuns: 60 },
  )
})

describe('medians alone are paid for in the way that buys more, where rules ask for Gaussian noise', () => {
  const basic: PrivacyRule = { ...gaussian, accounting: 'basic' }
  const spending = { epsilon: 1, delta: 1e-9 }
  const mediansOf = (groups: number) =>
    planned(
      {
        contribution: { groups, rowsPerGroup: 1 },
        declaredGroups: 300,
        minimumGroupSize: 0,
        asked: [{ name: 'm', aggregate: 'quantile', quantile: 0.5, ...cost }],
      },
      spending,
      basic,
    )

  test('few of them in pure ε', () => {
    expect(mediansOf(1).cost.epsilon).toEqual(rational(1))
  })

  test('and many over ρ, which the charge covers though pure ε would be more', () => {
    const { cost } = mediansOf(200)
    expect(approximate(cost.epsilon ?? rational(0))).toBeGreaterThan(1)
    expect(compare(epsilonOfRho(cost.rho, parseDecimal('0.000000001')), rational(1))).toBeLessThanOrEqual(0)
    const priced = chargeOf(basic, spending)
    expect(priced.outcome === 'charge' && covers(basic, priced.charge, cost)).toBe(true)
  })
})

test('for several datasets the noise is the strictest of each, and Laplace unless all of them ask for Gaussian', () => {
  const both = planned(
    {
      asked: [
        { name: 's', aggregate: 'sum', ...cost },
        { name: 'm', aggregate: 'quantile', quantile: 0.5, ...cost },
      ],
    },
    { epsilon: 1, delta: 0 },
    rule,
    gaussian,
  )
  const [pure, concentrated] = [[rule], [{ ...gaussian, mechanism: 'discreteLaplace' } as const]].map((one) =>
    planned(
      {
        asked: [
          { name: 's', aggregate: 'sum', ...cost },
          { name: 'm', aggregate: 'quantile', quantile: 0.5, ...cost },
        ],
      },
      { epsilon: 1, delta: 0 },
      ...one,
    ),
  ) as [NoisePlan, NoisePlan]
  for (const plan of [pure, concentrated]) {
    expect(columnOf(both, 'sum cost').mechanism).toBe('discreteLaplace')
    expect(compare(scaleOf(both, 'sum cost'), scaleOf(plan, 'sum cost'))).toBeGreaterThanOrEqual(0)
    expect(compare(scaleOf(both, 'quantile 1/2 cost'), scaleOf(plan, 'quantile 1/2 cost'))).toBeLessThanOrEqual(0)
  }
  expect(columnOf(planned({}, { epsilon: 1, delta: 0 }, gaussian, gaussian), 'units').mechanism).toBe('discreteGaussian')
})

describe('a group is shown where the noisy number of its units is large enough', () => {
  test('declared groups by the rules alone, others by τ as well', () => {
    expect(planned({ minimumGroupSize: 20 }).threshold).toEqual({
      column: 'units',
      minimum: 20n,
      tau: null,
      assured: null,
      spared: null,
    })
    // τ = 1 + ⌈2·ln(2 / (10⁻⁹·(1 + e^(-1/2))))⌉, at the scale 2 and two groups
    const { threshold, cost: total } = planned({ declaredGroups: null, minimumGroupSize: 20 })
    expect(threshold).toEqual({
      column: 'units',
      minimum: 43n,
      tau: { minimum: 43n, delta: parseDecimal('1e-9') },
      assured: null,
      spared: null,
    })
    expect(total.delta).toEqual(parseDecimal('1e-9'))
    expect(planned({ declaredGroups: null, minimumGroupSize: 100 }).threshold?.minimum).toBe(100n)
  })

  test('of several datasets the smallest δ counts', () => {
    const tight = { ...rule, mechanism: 'discreteGaussian' } as const
    for (const rules of [
      [tight, gaussian],
      [gaussian, tight],
    ]) {
      const plan = planned({ declaredGroups: null }, { epsilon: 1, delta: 1e-9 }, ...rules)
      // the one under basic composition converts with the other half
      expect(plan.threshold?.tau?.delta).toEqual(parseDecimal('5e-10'))
    }
  })
})

describe('a query is refused', () => {
  const tiny = { epsilon: 0.000001, delta: 0 }
  const sum: Asked = { name: 's', aggregate: 'sum', ...cost }
  test.each([
    ['nothing-asked', { asked: [] }, undefined],
    ['rows-unbounded', { contribution: { groups: 2 }, asked: [sum] }, undefined],
    ['rows-unbounded', { contribution: { groups: 2 }, asked: [{ name: 'n', aggregate: 'count', rows: '*' }] }, undefined],
    ['groups-unbounded', { contribution: {}, declaredGroups: null }, undefined],
    ['contribution-malformed', { contribution: { groups: 0 } }, undefined],
    ['contribution-malformed', { contribution: { groups: 2, rows: 1.5 } }, undefined],
    ['contribution-malformed', { minimumGroupSize: Number.NaN }, undefined],
    ['bounds-missing', asking({ ...sum, bounds: undefined }), undefined],
    ['grid-malformed', asking({ ...sum, bounds: [0.2, 0.8] }), undefined],
    ['grid-malformed', asking({ ...sum, bounds: [5, 1] }), undefined],
    ['grid-malformed', asking({ ...sum, decimals: 19 }), undefined],
    ['quantile-malformed', asking({ name: 'q', aggregate: 'quantile', quantile: '1.01', ...cost }), undefined],
    ['quantile-malformed', asking({ name: 'q', aggregate: 'quantile', quantile: 'half', ...cost }), undefined],
    ['weight-malformed', asking({ ...sum, weight: 0 }), undefined],
    ['weight-malformed', { minimumGroupSize: 20, asked: [sum], thresholdWeight: 0 }, undefined],
    ['values-ambiguous', asking(sum, { ...sum, name: 't', bounds: [0, 10] }), undefined],
    ['epsilon-too-small', asking(sum, { name: 'n', aggregate: 'countUnits' }), tiny],
    ['epsilon-over-maximum', {}, { epsilon: 5.1, delta: 0 }],
    ['epsilon-malformed', {}, { epsilon: 0, delta: 0 }],
    ['delta-missing', { declaredGroups: null }, { epsilon: 1, delta: 0 }],
  ] as const)('%s (%#)', (code, changes, spending = { epsilon: 1, delta: 1e-9 }) => {
    expect(planNoise({ ...request, ...changes }, [{ rule, spending }])).toMatchObject({ outcome: 'refused', code })
  })

  test('with a message that says what to do', () => {
    expect(
      planNoise({ ...request, contribution: { groups: 2 }, asked: [sum] }, [{ rule, spending: { epsilon: 1 } }]),
    ).toMatchObject({
      message: 'nothing bounds the rows of one unit; the rule needs maxRowsPerUnit',
    })
  })
})

test('bounds that leave one value still get noise', () => {
  const plan = planned(asking({ name: 'a', aggregate: 'avg', ...cost, bounds: [7, 7] }))
  expect(columnOf(plan, 'sum cost').sensitivity.l1).toBe(3n)
})
