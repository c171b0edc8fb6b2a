import { describe, expect, test } from 'vitest'
import { approximate, rational } from '../rational.ts'
import { exactDiscreteGaussian, exactDiscreteLaplace } from '../testing/exact-distributions.ts'
import { goodnessOfFit, significance } from '../testing/goodness-of-fit.ts'
import { gaussianVariances, laplaceScales } from '../testing/noise-cases.ts'
import { seededRandomness } from '../testing/seeded-randomness.ts'
import { roundedSamplers, skewedSamplers } from '../testing/wrong-samplers.ts'
import { discreteGaussianSampler } from './discrete-gaussian.ts'
import { discreteLaplaceSampler } from './discrete-laplace.ts'

// The short form, seeded: it can neither fail nor pass by chance. `samplers.long.test.ts` has ten times the draws, with the
// randomness that noise is made of.
const draws = 150_000

describe('draws follow the exact distribution', () => {
  test.each(laplaceScales)('discrete Laplace, scale $numerator/$denominator', (scale) => {
    const fit = goodnessOfFit(
      discreteLaplaceSampler(scale, seededRandomness('laplace')),
      draws,
      exactDiscreteLaplace(approximate(scale)),
    )
    expect(Math.min(fit.chiSquare, fit.kolmogorovSmirnov)).toBeGreaterThan(significance)
  })

  test.each(gaussianVariances)('discrete Gaussian, variance $numerator/$denominator', (variance) => {
    const exact = exactDiscreteGaussian(approximate(variance))
    const fit = goodnessOfFit(discreteGaussianSampler(variance, seededRandomness('gaussian')), draws, exact)
    expect(Math.min(fit.chiSquare, fit.kolmogorovSmirnov)).toBeGreaterThan(significance)
  })
})

describe('the tests find a wrong sampler', () => {
  test.each([...roundedSamplers, ...skewedSamplers])('$mistake', ({ sampler, exact }) => {
    const fit = goodnessOfFit(sampler(seededRandomness('wrong')), draws, exact)
    expect(fit.chiSquare).toBeLessThan(significance)
  })

  test.each(roundedSamplers)('by their distribution function too: $mistake', ({ sampler, exact }) => {
    const fit = goodnessOfFit(sampler(seededRandomness('wrong')), draws, exact)
    expect(fit.kolmogorovSmirnov).toBeLessThan(significance)
  })
})

test.each([discreteLaplaceSampler, discreteGaussianSampler])('noise of no scale is refused by %o', (sampler) => {
  for (const none of [rational(0), rational(-1, 2)]) expect(() => sampler(none)).toThrow(RangeError)
})
