import { canonicalBytes, type DigestId, digestId, ReinraumError } from '@reinraum/crypto'
import { type ReferenceValuesInput, referenceValuesSchema } from '../reference-values.ts'

/**
 * Names reference values and the policy beside them: the digest of their canonical form (RFC 8785) with every default written
 * out, so that what means the same has the same name.
 * @throws ReinraumError `invalid-argument` when they are none
 */
export function referenceValuesId(referenceValues: ReferenceValuesInput): DigestId {
  const parsed = referenceValuesSchema.safeParse(referenceValues)
  if (!parsed.success) throw new ReinraumError('invalid-argument', 'the reference values do not follow their schema')
  return digestId(canonicalBytes(parsed.data))
}
