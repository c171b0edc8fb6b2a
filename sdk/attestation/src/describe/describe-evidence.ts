import type { Evidence } from '../evidence.ts'
import { reportLength } from '../snp/layout.ts'
import { parseReport } from '../snp/report.ts'
import { parseQuote } from '../tdx/quote.ts'
import { describeEventLog, type EventLogDescription } from './event-log.ts'
import { describeSnp, type SnpDescription } from './snp.ts'
import { describeTdx, type TdxDescription } from './tdx.ts'

/** What evidence says, read and not believed: no signature is looked at. */
export type EvidenceDescription =
  | { readonly tee: 'snp'; readonly verified: false; readonly report: SnpDescription }
  | ({ readonly tee: 'tdx'; readonly verified: false; readonly eventLog: EventLogDescription | null } & TdxDescription)
  | { readonly tee: Evidence['tee']; readonly verified: false; readonly malformed: string }

/** Takes evidence apart without judging it. @returns never throws: what cannot be read is said to be `malformed`, and why */
export function describeEvidence(evidence: Evidence): EvidenceDescription {
  try {
    return evidence.tee === 'snp' ? describeReport(evidence.report) : describeQuote(evidence)
  } catch {
    return malformed(evidence.tee, 'the evidence could not be read')
  }
}

function describeReport(bytes: Uint8Array): EvidenceDescription {
  const report = parseReport(bytes)
  if (report === null) return malformed('snp', `${bytes.length} bytes, where a report has ${reportLength}`)
  return { tee: 'snp', verified: false, report: describeSnp(report) }
}

function describeQuote({ quote, eventLog }: Extract<Evidence, { tee: 'tdx' }>): EvidenceDescription {
  const parsed = parseQuote(quote)
  if (parsed.malformed !== null) return malformed('tdx', parsed.malformed)
  const log = eventLog === undefined ? null : describeEventLog(eventLog)
  return { tee: 'tdx', verified: false, eventLog: log, ...describeTdx(parsed.header, parsed.quote) }
}

function malformed(tee: Evidence['tee'], why: string): EvidenceDescription {
  return { tee, verified: false, malformed: why }
}
