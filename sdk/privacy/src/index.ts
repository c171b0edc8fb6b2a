export { type Accounting, type Charge, compose, nothing, within, without } from './accounting/charge.ts'
export {
  budgetOf,
  type ChargeOutcome,
  chargeOf,
  type Mechanism,
  type PrivacyRule,
  type Spending,
  type SpendingReason,
  type SpendingRefusal,
  spendingReasons,
} from './accounting/charge-of.ts'
export { epsilonOfRho, rhoOfEpsilon } from './accounting/conversion.ts'
export { type Fit, fits, remaining, type Shortfall } from './accounting/fits.ts'
export { type AuditFinding, type AuditOptions, audit } from './audit/audit.ts'
export { type QuantileQuery, quantileSampler } from './mechanisms/quantile.ts'
export type { ValueCount } from './mechanisms/ranks.ts'
export { approximate, parseDecimal, type Rational, rational } from './rational.ts'
export { discreteGaussianSampler } from './sampling/discrete-gaussian.ts'
export { discreteLaplaceSampler } from './sampling/discrete-laplace.ts'
