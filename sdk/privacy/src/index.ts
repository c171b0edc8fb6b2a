export type { Charge } from './accounting/charge.ts'
export { approximate, parseDecimal, type Rational, rational } from './rational.ts'
