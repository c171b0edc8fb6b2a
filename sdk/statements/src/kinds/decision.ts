import { z } from 'zod'
import { digestIdSchema, instantSchema, memberIdSchema, slotIdSchema, validitySchema } from '../parts/identifiers.ts'

/** An owner allows a query on its datasets. */
export const approvalSchema = z.strictObject({
  kind: z.literal('reinraum/approval/v1'),
  contract: digestIdSchema,
  query: digestIdSchema,
  by: memberIdSchema,
  validity: validitySchema,
  maximumRuns: z.int().min(1).max(1_000_000),
  /** manifest ids allowed per slot of this owner; a slot without an entry allows no version */
  versions: z.record(slotIdSchema, z.array(digestIdSchema).min(1).max(1000)),
  createdAt: instantSchema,
})
export type Approval = z.infer<typeof approvalSchema>

/** An owner refuses a query. It outweighs every approval of the same owner. */
export const rejectionSchema = z.strictObject({
  kind: z.literal('reinraum/rejection/v1'),
  contract: digestIdSchema,
  query: digestIdSchema,
  by: memberIdSchema,
  reason: z.string().max(1000),
  createdAt: instantSchema,
})
export type Rejection = z.infer<typeof rejectionSchema>
