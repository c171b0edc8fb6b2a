export type { SlotInput } from './analysis/slots.ts'
export type { OutputColumn } from './engine/shadow.ts'
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
