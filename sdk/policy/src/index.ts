export type { SlotInput } from './analysis/slots.ts'
export { readTables } from './engine/read-tables.ts'
export type { OutputColumn } from './engine/shadow.ts'
export { fixOf } from './fixes.ts'
export {
  createGuard,
  engineVersion,
  type Guard,
  type GuardPlan,
  type GuardRequest,
  type GuardVerdict,
  guardVersion,
} from './guard.ts'
export { type GuardReason, guardReasons, type Position, type Reason } from './reasons.ts'
export type { BlockReport, DatasetUse, GuardReport } from './report.ts'
