import { expect, test } from 'vitest'
import { exactQuantile } from '../testing/exact-quantile.ts'
import { goodnessOfFit, significance } from '../testing/goodness-of-fit.ts'
import { countsOf, inNumbers, quantileCases } from '../testing/quantile-cases.ts'
import { quantileSampler } from './quantile.ts'

// With real randomness. Eleven cases meet two tests each: one run in 45,000 has a false alarm.
test.each(quantileCases.filter(({ query: { bounds } }) => bounds.low < bounds.high))(
  'a million draws follow the exponential mechanism: $name',
  ({ rows, query }) => {
    const small = inNumbers(query)
    const probabilities = exactQuantile(rows, small)
    const exact = { probability: (x: number) => probabilities[x - small.low] ?? 0, reach: 2000 }
    const fit = goodnessOfFit(quantileSampler(countsOf(rows), query), 1_000_000, exact)
    expect(Math.min(fit.chiSquare, fit.kolmogorovSmirnov)).toBeGreaterThan(significance)
  },
)
