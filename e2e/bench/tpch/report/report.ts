import type { RunCost } from '../../run-cost.ts'
import type { SealUploadRates } from '../../seal-upload.ts'
import type { EnvelopeRate } from '../../unseal.ts'
import type { ScaleMeasured } from '../measure-scale.ts'
import type { Limit } from './limits.ts'
import type { Machine } from './machine.ts'
import type { Summary } from './summary.ts'

/** All that one run of the benchmark found out. */
export interface Report {
  readonly machine: Machine
  readonly startedAt: string
  readonly seconds: number
  readonly repetitions: number
  readonly main: ScaleMeasured
  readonly summary: Summary
  /** smaller and larger scales, without the naive way */
  readonly growth: readonly { readonly measured: ScaleMeasured; readonly summary: Summary }[]
  readonly envelope: readonly EnvelopeRate[]
  readonly sealUpload: SealUploadRates
  readonly runCost: RunCost
  readonly limits: readonly Limit[]
}
