import type { Endorsements, Evidence, Expected } from '../evidence.ts'
import type { AttestationResult } from '../result.ts'
import { contraindicated } from '../verdicts.ts'
import type { TdxReferenceValues } from './reference-values.ts'

export function appraiseTdx(
  _evidence: Extract<Evidence, { tee: 'tdx' }>,
  _endorsements: Endorsements,
  _given: { readonly reference: TdxReferenceValues; readonly expected: Expected; readonly now: Date },
): AttestationResult {
  const detail = 'quotes of this kind are not appraised yet'
  return contraindicated('tdx', 'unsupported-evidence', [{ name: 'evidence-type', verdict: 'failed', detail }])
}
