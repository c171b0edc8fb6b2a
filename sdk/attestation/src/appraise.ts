import type { Endorsements, Evidence, Expected } from './evidence.ts'
import { type ReferenceValuesInput, readReferenceValues } from './reference-values.ts'
import type { AttestationResult } from './result.ts'
import { appraiseSnp } from './snp/appraise-snp.ts'
import { appraiseTdx } from './tdx/appraise-tdx.ts'
import { contraindicated } from './verdicts.ts'

/**
 * Appraises evidence (RFC 9334) against the reference values of a contract. Fetches nothing, and remembers nothing but what
 * bytes were read as: the same bytes and the same clock give the same result.
 *
 * @param now the relying party's own clock
 * @returns never throws, whatever the bytes are: what cannot be read is contraindicated
 */
export async function appraise(
  evidence: Evidence,
  endorsements: Endorsements,
  referenceValues: ReferenceValuesInput,
  expected: Expected,
  now: Date,
): Promise<AttestationResult> {
  try {
    // Read again here: a caller that forgot to would otherwise compare against fields that are not there.
    const reference = readReferenceValues(referenceValues)
    if (reference === null) {
      const detail = 'the reference values do not follow their schema'
      return contraindicated('unknown', 'invalid-reference-values', [{ name: 'reference-values', verdict: 'failed', detail }])
    }
    const { snp, tdx } = reference
    switch (evidence.tee) {
      case 'snp':
        if (snp === undefined) return unsupported('snp', 'the reference values name no SEV-SNP')
        return appraiseSnp(evidence, endorsements, { reference: snp, expected, now })
      case 'tdx':
        if (tdx === undefined) return unsupported('tdx', 'the reference values name no TDX')
        return appraiseTdx(evidence, endorsements, { reference: tdx, expected, now })
      default:
        return unsupported('unknown', `no such evidence: ${String((evidence satisfies never as Evidence).tee)}`)
    }
  } catch {
    const detail = 'the evidence could not be read'
    return contraindicated('unknown', 'malformed-evidence', [{ name: 'evidence-type', verdict: 'failed', detail }])
  }
}

function unsupported(tee: AttestationResult['tee'], detail: string): AttestationResult {
  return contraindicated(tee, 'unsupported-evidence', [{ name: 'evidence-type', verdict: 'failed', detail }])
}
