import { z } from 'zod'
import { digestIdSchema, instantSchema, memberIdSchema } from '../parts/identifiers.ts'

/** Any owner, at once. An approval and a dataset version only by the owner they belong to. */
export const revocationSchema = z.strictObject({
  kind: z.literal('reinraum/revocation/v1'),
  contract: digestIdSchema,
  by: memberIdSchema,
  target: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('approval'), approval: digestIdSchema }),
    z.strictObject({ type: z.literal('datasetVersion'), manifest: digestIdSchema }),
    z.strictObject({ type: z.literal('member'), member: memberIdSchema }),
    z.strictObject({ type: z.literal('contract') }),
  ]),
  reason: z.string().max(1000),
  createdAt: instantSchema,
})
export type Revocation = z.infer<typeof revocationSchema>
