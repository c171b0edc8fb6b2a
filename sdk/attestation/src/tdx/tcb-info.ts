import { parseStrictJson } from '@reinraum/crypto'
import { z } from 'zod'
import { advisories, evaluationDataNumber, intelHex, svn, time } from './intel-json.ts'

const components = z.array(z.object({ svn: svn(0xff) })).length(16)

const platformLevelSchema = z.object({
  tcb: z.object({ sgxtcbcomponents: components, pcesvn: svn(0xffff), tdxtcbcomponents: components }),
  tcbDate: time,
  // EvaluateTcb: what a level of the platform may be.
  tcbStatus: z.enum([
    'UpToDate',
    'SWHardeningNeeded',
    'ConfigurationNeeded',
    'ConfigurationAndSWHardeningNeeded',
    'OutOfDate',
    'OutOfDateConfigurationNeeded',
    'Revoked',
  ]),
  advisoryIDs: advisories,
})

const moduleSchema = z.object({ mrsigner: intelHex(48), attributes: intelHex(8), attributesMask: intelHex(8) })

const moduleIdentitySchema = moduleSchema.extend({
  id: z
    .string()
    .toUpperCase()
    .regex(/^TDX_[0-9A-F]{2}$/),
  tcbLevels: z
    .array(
      z.object({
        tcb: z.object({ isvsvn: svn(0xff) }),
        tcbDate: time,
        tcbStatus: z.enum(['UpToDate', 'OutOfDate', 'Revoked']),
        advisoryIDs: advisories,
      }),
    )
    .min(1)
    .max(64),
})

/**
 * Intel's word on the TCB of one kind of platform (PCS API v4, TCB Info V3). Fields that are not known here may be there:
 * Intel adds some; none that is known may be missing.
 */
const tcbInfoSchema = z.object({
  id: z.literal('TDX'),
  version: z.literal(3),
  issueDate: time,
  nextUpdate: time,
  fmspc: intelHex(6),
  pceId: intelHex(2),
  tcbType: z.literal(0),
  tcbEvaluationDataNumber: evaluationDataNumber,
  tdxModule: moduleSchema,
  // Two of one name would be two answers to one question.
  tdxModuleIdentities: z
    .array(moduleIdentitySchema)
    .max(64)
    .refine((identities) => new Set(identities.map(({ id }) => id)).size === identities.length)
    .default([]),
  tcbLevels: z.array(platformLevelSchema).min(1).max(64),
})
export type TcbInfo = z.infer<typeof tcbInfoSchema>
export type TdxModuleIdentity = z.infer<typeof moduleIdentitySchema>

/** bytes; the longest of today is 6 KiB */
const maxBytes = 128 * 1024

/** @returns null for anything that is not TCB info for TDX */
export function parseTcbInfo(json: Uint8Array): TcbInfo | null {
  try {
    return tcbInfoSchema.safeParse(parseStrictJson(json, { maxBytes })).data ?? null
  } catch {
    return null
  }
}
