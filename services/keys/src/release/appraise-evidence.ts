import { type AttestationResult, appraise, type Expected, type FreshnessNumbers, isAcceptable } from '@reinraum/attestation'
import { type ErrorCode, ReinraumError } from '@reinraum/crypto'
import type { PresentedEvidence } from '@reinraum/rpc'
import type { Contract } from '@reinraum/statements'

/**
 * Step 2. Appraises the executor's evidence under the contract's own reference values, against the report_data that this
 * service computed from named fields, and against the newest lists that it has seen.
 */
export function appraiseEvidence(
  presented: PresentedEvidence,
  contract: Contract,
  expected: Expected & { readonly floors: FreshnessNumbers },
  now: Date,
): Promise<AttestationResult> {
  return appraise(presented.evidence, presented.endorsements, contract.executors, expected, now)
}

/** @throws ReinraumError `malformed-evidence`, `report-data-mismatch`, `evidence-contraindicated` */
export function requireAcceptable(result: AttestationResult): void {
  if (!isAcceptable(result)) throw new ReinraumError(reasonOf(result), `evidence refused: ${result.reasons.join(', ')}`)
}

/** Only when nothing else is wrong is the binding the reason: it says that genuine evidence was made for something else. */
function reasonOf({ reasons }: AttestationResult): ErrorCode {
  if (reasons.includes('malformed-evidence')) return 'malformed-evidence'
  return reasons.length === 1 && reasons[0] === 'report-data-mismatch' ? 'report-data-mismatch' : 'evidence-contraindicated'
}
