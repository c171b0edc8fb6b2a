export type { Charge } from './accounting/charge.ts'
export { approximate, parseDecimal, type Rational, rational } from './rational.ts'
export { discreteGaussianSampler } from './sampling/discrete-gaussian.ts'
export { discreteLaplaceSampler } from './sampling/discrete-laplace.ts'
