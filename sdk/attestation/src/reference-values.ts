import { z } from 'zod'
import { snpReferenceValuesSchema } from './snp/reference-values.ts'
import { tdxReferenceValuesSchema } from './tdx/reference-values.ts'

/**
 * Reference values (RFC 9334) and the policy beside them, as they stand in a contract and in a partner's own file. A
 * document that names no TEE is none, and one that leaves a TEE out accepts no evidence of it.
 */
export const referenceValuesSchema = z
  .strictObject({ snp: snpReferenceValuesSchema.optional(), tdx: tdxReferenceValuesSchema.optional() })
  .refine(({ snp, tdx }) => snp !== undefined || tdx !== undefined, {
    message: 'name at least one kind of hardware: snp or tdx',
  })
export type ReferenceValues = z.infer<typeof referenceValuesSchema>
/** as a person writes them: what has a default may be left out */
export type ReferenceValuesInput = z.input<typeof referenceValuesSchema>
