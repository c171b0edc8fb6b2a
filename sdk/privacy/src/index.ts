export type { Asked } from './accounting/asked.ts'
export { type Accounting, type Charge, compose, nothing, within, without } from './accounting/charge.ts'
export {
  budgetOf,
  type ChargeOutcome,
  chargeOf,
  deltaPlaces,
  epsilonPlaces,
  type Mechanism,
  type PrivacyRule,
  rhoPlaces,
  type Spending,
  type SpendingReason,
  type SpendingRefusal,
  spendingReasons,
} from './accounting/charge-of.ts'
export type { Contribution, Sensitivity } from './accounting/contribution.ts'
export { epsilonOfRho, rhoOfEpsilon } from './accounting/conversion.ts'
export { covers } from './accounting/covers.ts'
export { decimalOf, unitsOf } from './accounting/decimal.ts'
export { type Fit, fits, remaining, type Shortfall } from './accounting/fits.ts'
export { type ClampedValues, type Steps, stepsOf } from './accounting/grid.ts'
export {
  type Assured,
  columnOf,
  type Measure,
  type NoiseCost,
  type NoisePlan,
  type NoisyColumn,
  type NoisyOutput,
  type Spared,
  type Threshold,
} from './accounting/noise-plan.ts'
export { type NoiseReason, type NoiseRefusal, noiseReasons } from './accounting/noise-refusal.ts'
export {
  costOfAll,
  type NoisePlanOutcome,
  type NoisePlansOutcome,
  type NoiseRequest,
  planNoise,
  planNoiseTogether,
} from './accounting/plan-noise.ts'
export type { NoiseTerm } from './accounting/purchase.ts'
export { costOf, type Share } from './accounting/scale.ts'
export { timesWithin } from './accounting/times-within.ts'
export { type AuditFinding, type AuditOptions, audit } from './audit/audit.ts'
export { type Confidence, type Estimate, estimator, type NoisyCell } from './intervals/estimates.ts'
export { type ExpectedError, evenGroups, expectedErrors, type GroupSize, unitsFor } from './intervals/expected-error.ts'
export type { Range } from './intervals/range.ts'
export { type QuantileQuery, quantileSampler } from './mechanisms/quantile.ts'
export type { ValueCount } from './mechanisms/ranks.ts'
export {
  add,
  approximate,
  compare,
  divide,
  floor,
  multiply,
  parseDecimal,
  parseQuotient,
  quotientText,
  type Rational,
  rational,
  subtract,
} from './rational.ts'
export { discreteGaussianSampler } from './sampling/discrete-gaussian.ts'
export { discreteLaplaceSampler } from './sampling/discrete-laplace.ts'
export type { RandomSource } from './sampling/random-source.ts'
