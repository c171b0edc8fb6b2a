import { constantTimeEqual } from '@reinraum/crypto'
import { bodyLengths, bodyOffsets } from '../tdx/layout.ts'
import { tdReportOffsets } from './hcl-layout.ts'

/**
 * Whether a quote was made from this TDREPORT. Only its own processor can check a TDREPORT's MAC, so nothing in it is believed;
 * but one of another TD, or of another boot, is not what the paravisor kept beside this runtime data.
 *
 * @param body of the quote, TD 1.0 or 1.5; what both have is compared
 */
export function isTdReportOf(tdReport: Uint8Array, body: Uint8Array): boolean {
  const { tdAttributes, reportData } = bodyOffsets
  const ranges = [
    [tdReportOffsets.teeTcbInfo, 0, tdAttributes],
    [tdReportOffsets.tdInfo, tdAttributes, reportData],
    [tdReportOffsets.reportData, reportData, bodyLengths.td10],
  ] as const
  return ranges.every(([at, from, to]) => constantTimeEqual(tdReport.subarray(at, at + to - from), body.subarray(from, to)))
}
