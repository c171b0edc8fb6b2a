export type { SlotInput } from './analysis/slots.ts'
export { type CellSketch, type PackedSketches, packSketch, sketchVersion, strideFor } from './differencing/cell-sketch.ts'
export { type ComparisonSql, comparisonSql, type PackedCell, packCells, type ReadCell } from './differencing/comparison.ts'
export { type ShownCells, shownCells } from './differencing/near-cells.ts'
export type { OutputColumn } from './engine/plan-outputs.ts'
export { readTables } from './engine/read-tables.ts'
export { fixOf } from './fixes.ts'
export {
  type CellStatement,
  createGuard,
  engineVersion,
  type Guard,
  type GuardPlan,
  type GuardRequest,
  type GuardVerdict,
  guardVersion,
  type Statements,
} from './guard.ts'
export { addNoise, type ExactTexts, type NoiseSteps, noiseSteps, type TextRow } from './noise/add-noise.ts'
export { namedNoise } from './noise/named-noise.ts'
export type { NoiseOfCells, NoiseReport } from './noise/noise-report.ts'
export { type FilledTable, type NoiseSql, noiseSql } from './noise/noise-sql.ts'
export type { NoiseStatement } from './noise/noise-statement.ts'
export type { ReadsRequest } from './reads/planned-reads.ts'
export type { Condition, Constant, Scan } from './reads/scan.ts'
export { type GuardReason, guardReasons, type Position, type Reason } from './reasons.ts'
export type { BlockReport, DatasetUse, GuardReport } from './report.ts'
export type { SketchColumns } from './rewrite/history.ts'
