export type { Charge } from './accounting/charge.ts'
