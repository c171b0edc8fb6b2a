import { parseStrictJson } from '@reinraum/crypto'
import { z } from 'zod'
import { advisories, evaluationDataNumber, intelHex, svn, time } from './intel-json.ts'

/** Which enclave quotes TDs for Intel (PCS API v4, Enclave Identity V2). Fields that are not known here may be there. */
const qeIdentitySchema = z.object({
  id: z.literal('TD_QE'),
  version: z.literal(2),
  issueDate: time,
  nextUpdate: time,
  tcbEvaluationDataNumber: evaluationDataNumber,
  miscselect: intelHex(4),
  miscselectMask: intelHex(4),
  attributes: intelHex(16),
  attributesMask: intelHex(16),
  mrsigner: intelHex(32),
  isvprodid: svn(0xffff),
  tcbLevels: z
    .array(
      z.object({
        tcb: z.object({ isvsvn: svn(0xffff) }),
        tcbDate: time,
        // EvaluateTcb: what a level of the quoting enclave may be.
        tcbStatus: z.enum(['UpToDate', 'ConfigurationNeeded', 'OutOfDate', 'OutOfDateConfigurationNeeded', 'Revoked']),
        advisoryIDs: advisories,
      }),
    )
    .min(1)
    .max(64),
})
export type QeIdentity = z.infer<typeof qeIdentitySchema>

/** bytes; that of today is half a KiB */
const maxBytes = 32 * 1024

/** @returns null for anything that is not the identity of the quoting enclave for TDX */
export function parseQeIdentity(json: Uint8Array): QeIdentity | null {
  try {
    return qeIdentitySchema.safeParse(parseStrictJson(json, { maxBytes })).data ?? null
  } catch {
    return null
  }
}
