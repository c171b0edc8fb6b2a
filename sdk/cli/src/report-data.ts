import type { AttestationResult, EvidenceDescription } from '@reinraum/attestation'
import { fromHex, ReinraumError } from '@reinraum/crypto'

const length = 64

/** @throws ReinraumError `invalid-argument` */
export function parseReportData(hex: string): Uint8Array {
  if (new RegExp(`^[0-9a-fA-F]{${length * 2}}$`).test(hex)) return fromHex(hex.toLowerCase())
  const wrong = /^(?:[0-9a-fA-F]{2})+$/.test(hex) ? `these are ${hex.length / 2}` : 'this is something else'
  throw new ReinraumError(
    'invalid-argument',
    `--report-data takes all ${length} bytes in hex, ${wrong}; pad a shorter value with zeros on the right to ${length * 2} digits`,
  )
}

/** What the evidence itself says it is bound to; zeros where it says nothing, and the appraisal then fails anyway. */
export function reportDataIn(description: EvidenceDescription): Uint8Array {
  if ('report' in description) return fromHex(description.report.reportData)
  const body = 'quote' in description ? description.quote?.body : undefined
  return body === undefined ? new Uint8Array(length) : fromHex(body.reportData)
}

/**
 * The result of an appraisal where nobody said what the evidence has to be bound to. It was appraised with its own report
 * data, so that every other rule is judged, but that comparison proves nothing: the evidence may be old, or made for
 * someone else. The check is shown as not done, and the result is a warning at best, never `affirming`.
 */
export function withoutReportData(result: AttestationResult): AttestationResult {
  const checks = result.checks.map((check) =>
    check.name === 'report-data' && check.verdict === 'passed'
      ? { ...check, verdict: 'skipped' as const, detail: notCompared }
      : check,
  )
  const identity = result.trustVector['instance-identity']
  return {
    ...result,
    status: result.status === 'affirming' ? 'warning' : result.status,
    // AR4SI: 32 is the first value that warns.
    trustVector: { ...result.trustVector, 'instance-identity': identity === 2 ? 32 : identity },
    checks,
  }
}

export const notCompared = 'NOT COMPARED (no --report-data): this evidence may be old, or made for someone else'
