import { rational } from '../rational.ts'
import { discreteGaussianSampler } from '../sampling/discrete-gaussian.ts'
import { discreteLaplaceSampler } from '../sampling/discrete-laplace.ts'
import type { RandomSource } from '../sampling/random-source.ts'
import { type ExactDistribution, exactDiscreteGaussian, exactDiscreteLaplace } from './exact-distributions.ts'

/** Samplers with the mistakes that people make, beside the distribution that each is taken for. A test must tell them apart. */
export interface WrongSampler {
  readonly mistake: string
  readonly exact: ExactDistribution
  readonly sampler: (random: RandomSource) => () => bigint
}

/** Uniform in (0, 1), as samplers in floating point have it. */
export function unitFloat(random: RandomSource): number {
  return (random() + 0.5) / 2 ** 32
}

export const roundedSamplers: readonly WrongSampler[] = [
  {
    mistake: 'continuous Laplace noise, rounded',
    exact: exactDiscreteLaplace(1.5),
    sampler: (random) => () => {
      const u = unitFloat(random) - 0.5
      return BigInt(Math.round(-1.5 * Math.sign(u) * Math.log(1 - 2 * Math.abs(u))))
    },
  },
  {
    mistake: 'continuous Gaussian noise, rounded',
    exact: exactDiscreteGaussian(0.25),
    sampler: (random) => () => {
      const radius = Math.sqrt(-2 * Math.log(unitFloat(random)))
      return BigInt(Math.round(0.5 * radius * Math.cos(2 * Math.PI * unitFloat(random))))
    },
  },
]

export const skewedSamplers: readonly WrongSampler[] = [
  {
    mistake: 'discrete Laplace noise of a scale 2 % too small',
    exact: exactDiscreteLaplace(1.5),
    sampler: (random) => discreteLaplaceSampler(rational(147, 100), random),
  },
  {
    mistake: 'discrete Gaussian noise of a σ 2 % too small',
    exact: exactDiscreteGaussian(2),
    sampler: (random) => discreteGaussianSampler(rational(2 * 49 * 49, 50 * 50), random),
  },
  {
    mistake: 'a sign for 0 too, so that it comes twice as often',
    exact: exactDiscreteLaplace(20),
    sampler: (random) => {
      const draw = discreteLaplaceSampler(rational(20), random)
      return () => {
        let magnitude = draw()
        while (magnitude < 0n) magnitude = draw()
        return random() % 2 === 0 ? magnitude : -magnitude
      }
    },
  },
]
