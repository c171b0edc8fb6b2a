import { describe, expect, test } from 'vitest'
import { approximate } from '../rational.ts'
import { exactDiscreteGaussian, exactDiscreteLaplace } from '../testing/exact-distributions.ts'
import { goodnessOfFit, significance } from '../testing/goodness-of-fit.ts'
import { gaussianVariances, laplaceScales } from '../testing/noise-cases.ts'
import { roundedSamplers, skewedSamplers } from '../testing/wrong-samplers.ts'
import { discreteGaussianSampler } from './discrete-gaussian.ts'
import { discreteLaplaceSampler } from './discrete-laplace.ts'
import { operatingSystemRandomness } from './random-source.ts'

// With the randomness that noise is made of. Ten right samplers meet two tests each: one run in 50,000 has a false alarm.
const draws = 1_000_000

describe('a million draws follow the exact distribution', () => {
  test.each(laplaceScales)('discrete Laplace, scale $numerator/$denominator', (scale) => {
    const fit = goodnessOfFit(discreteLaplaceSampler(scale), draws, exactDiscreteLaplace(approximate(scale)))
    expect(Math.min(fit.chiSquare, fit.kolmogorovSmirnov)).toBeGreaterThan(significance)
  })

  test.each(gaussianVariances)('discrete Gaussian, variance $numerator/$denominator', (variance) => {
    const fit = goodnessOfFit(discreteGaussianSampler(variance), draws, exactDiscreteGaussian(approximate(variance)))
    expect(Math.min(fit.chiSquare, fit.kolmogorovSmirnov)).toBeGreaterThan(significance)
  })
})

describe('the tests find a wrong sampler', () => {
  test.each([...roundedSamplers, ...skewedSamplers])('$mistake', ({ sampler, exact }) => {
    const fit = goodnessOfFit(sampler(operatingSystemRandomness), draws, exact)
    expect(fit.chiSquare).toBeLessThan(significance)
  })

  test.each(roundedSamplers)('by their distribution function too: $mistake', ({ sampler, exact }) => {
    const fit = goodnessOfFit(sampler(operatingSystemRandomness), draws, exact)
    expect(fit.kolmogorovSmirnov).toBeLessThan(significance)
  })
})
