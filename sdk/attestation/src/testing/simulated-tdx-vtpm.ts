import { appraise } from '../appraise.ts'
import { tdReportLength, tdReportOffsets } from '../azure/hcl-layout.ts'
import type { ParavisorReferenceValuesInput } from '../azure/reference-values.ts'
import type { Endorsements } from '../evidence.ts'
import type { AttestationResult } from '../result.ts'
import type { SimulatedTdxOverrides, TdxEvidence } from '../simulator/tdx/overrides.ts'
import type { SimulatedTdxPlatform } from '../simulator/tdx/platform.ts'
import { bodyLengths, bodyOffsets, headerLength } from '../tdx/layout.ts'
import { now, reportData } from './simulated-evidence.ts'
import { tdxEvidenceOf, tdxReferenceFor } from './simulated-tdx-evidence.ts'
import { paravisor, type SimulatedVtpmOverrides, simulateVtpm } from './simulated-vtpm.ts'

/** The TDREPORT that the body of a quote was made from; its MAC, which no one but its processor can check, is left out. */
export function tdReportOf(body: Uint8Array): Uint8Array {
  const report = new Uint8Array(tdReportLength)
  report[0] = 0x81
  report.set(body.subarray(0, bodyOffsets.tdAttributes), tdReportOffsets.teeTcbInfo)
  report.set(body.subarray(bodyOffsets.tdAttributes, bodyOffsets.reportData), tdReportOffsets.tdInfo)
  report.set(body.subarray(bodyOffsets.reportData, bodyLengths.td10), tdReportOffsets.reportData)
  return report
}

export interface ParavisedTdxSituation {
  /** version 5 has the body of TD 1.5, behind a descriptor */
  readonly version?: 4 | 5
  readonly overrides?: SimulatedTdxOverrides
  readonly vtpm?: SimulatedVtpmOverrides
  /** the finished evidence */
  readonly change?: (evidence: TdxEvidence) => TdxEvidence
  /** null: the reference values speak of no paravisor */
  readonly paravisor?: ParavisorReferenceValuesInput | null
  readonly reportData?: Uint8Array
}

export async function paravisedTdxEvidenceOf(
  platform: SimulatedTdxPlatform,
  { version = 4, overrides = {}, vtpm, change = (evidence) => evidence }: ParavisedTdxSituation = {},
): Promise<{ readonly evidence: TdxEvidence; readonly endorsements: Endorsements }> {
  let made: Awaited<ReturnType<typeof tdxEvidenceOf>> | undefined
  const ask = async (bound: Uint8Array) => {
    const body = { reportData: bound, ...overrides.body }
    made = await tdxEvidenceOf(platform, { guest: { version }, overrides: { ...overrides, body } })
    return tdReportOf(made.evidence.quote.subarray(headerLength + (version === 5 ? 6 : 0)))
  }
  const added = await simulateVtpm('tdx', ask, vtpm)
  if (made === undefined) throw new Error('the hardware was asked')
  return { evidence: change({ ...made.evidence, vtpm: added }), endorsements: made.endorsements }
}

/** Appraises a quote of a TD under a paravisor that is perfect but for what the situation changes. */
export async function appraiseParavisedTdx(
  platform: SimulatedTdxPlatform,
  situation: ParavisedTdxSituation = {},
): Promise<AttestationResult> {
  const { evidence, endorsements } = await paravisedTdxEvidenceOf(platform, situation)
  const accepted = situation.paravisor === undefined ? paravisor : situation.paravisor
  const reference = tdxReferenceFor(platform, accepted === null ? {} : { paravisor: accepted })
  return appraise(evidence, endorsements, reference, { reportData: situation.reportData ?? reportData }, now)
}
