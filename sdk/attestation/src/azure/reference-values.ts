import { z } from 'zod'
import { hexBytes } from '../hex.ts'
import { pcrCount } from './tpm-layout.ts'

const pcrNumbers = Array.from({ length: pcrCount }, (_, index) => `${index}`)

/**
 * Whoever writes this accepts that the cloud operator's paravisor sees and may change all of the guest's memory, and that
 * the guest's own software is told by that paravisor's TPM. Left out, no evidence that came through a paravisor is accepted.
 */
export const paravisorReferenceSchema = z.strictObject({
  kind: z.literal('azure'),
  /** platform configuration register, 0 to 23 → SHA-256 values, any of which is acceptable; others are not looked at */
  pcrs: z.partialRecord(z.enum(pcrNumbers), z.array(hexBytes(32)).min(1).max(64)).refine(
    // Software can reset 16 and 23, and 17 to 22 belong to a dynamic launch (TCG PC Client Platform TPM Profile, PCR
    // attributes). The hardware measures paravisor and firmware only, so without one of the others any guest would do.
    (pcrs) => Object.keys(pcrs).some((number) => Number(number) < 16),
    { message: 'name at least one of the registers 0 to 15' },
  ),
})
export type ParavisorReferenceValues = z.infer<typeof paravisorReferenceSchema>
/** as a person writes them */
export type ParavisorReferenceValuesInput = z.input<typeof paravisorReferenceSchema>
