import type { KeyObject } from 'node:crypto'
import type { VtpmEvidence } from '../evidence.ts'
import { type HclReport, parseHclReport } from './hcl-report.ts'
import type { ParavisorReferenceValues } from './reference-values.ts'
import { readAttestationKey } from './runtime-data.ts'
import { pcrCount, sha256Length } from './tpm-layout.ts'
import { parseTpmQuote, type TpmQuote } from './tpm-quote.ts'

/** What one kind of hardware says to the checks that all kinds of paravised guests share. */
export interface ParavisedHardware {
  readonly tee: HclReport['tee']
  /** report_data, 64 bytes: under a paravisor it is the paravisor that the hardware speaks for */
  readonly reportData: Uint8Array
  /** whether the report that the paravisor kept at boot is the one of the evidence */
  readonly isKeptReport: (kept: Uint8Array) => boolean
}

/** Everything that these checks look at, read but not yet believed. */
export interface VtpmSubject {
  readonly hardware: ParavisedHardware
  readonly evidence: VtpmEvidence | undefined
  readonly hclReport: HclReport | null
  readonly attestationKey: KeyObject | null
  readonly quote: TpmQuote | null
  readonly reference: ParavisorReferenceValues | undefined
  /** report data of whoever asked */
  readonly expected: Uint8Array
}

/** @returns null where neither evidence nor reference values speak of a paravisor: there is nothing to add to the checks */
export function readVtpmSubject(
  hardware: ParavisedHardware,
  evidence: VtpmEvidence | undefined,
  given: Pick<VtpmSubject, 'reference' | 'expected'>,
): VtpmSubject | null {
  if (evidence === undefined && given.reference === undefined) return null
  const pcrs = evidence?.pcrs.slice(0, pcrCount + 1).map((value) => Uint8Array.from(value.subarray(0, sha256Length + 1)))
  const hclReport = evidence === undefined ? null : parseHclReport(evidence.hclReport)
  return {
    ...given,
    hardware,
    // A copy: what was quoted is then what is compared with the reference values, even if someone else writes to the input.
    evidence: evidence && pcrs && { ...evidence, pcrs },
    hclReport,
    attestationKey: hclReport === null ? null : readAttestationKey(hclReport.runtimeData),
    quote: evidence === undefined ? null : parseTpmQuote(evidence.message),
  }
}
