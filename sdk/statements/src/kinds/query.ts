import { z } from 'zod'
import { digestIdSchema, instantSchema, memberIdSchema, slotIdSchema } from '../parts/identifiers.ts'
import { privacySchema } from '../parts/privacy-loss.ts'

export const parameterValueSchema = z.union([z.string().max(1000), z.number(), z.boolean()])
export type ParameterValue = z.infer<typeof parameterValueSchema>

/** A typed parameter with the public set or range that its values come from; dates are ISO strings and compare as such. */
export const parameterSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/),
  type: z.enum(['BIGINT', 'DOUBLE', 'VARCHAR', 'DATE', 'BOOLEAN']),
  domain: z.union([
    z.strictObject({ values: z.array(parameterValueSchema).min(1).max(10_000) }),
    z.strictObject({ minimum: parameterValueSchema, maximum: parameterValueSchema }),
  ]),
})
export type Parameter = z.infer<typeof parameterSchema>

export const querySchema = z.strictObject({
  kind: z.literal('reinraum/query/v1'),
  contract: digestIdSchema,
  by: memberIdSchema,
  title: z.string().min(1).max(200),
  purpose: z.string().max(4000),
  sql: z.string().min(1).max(100_000),
  parameters: z.array(parameterSchema).max(64),
  /** slots that the SQL reads, sorted */
  slots: z.array(slotIdSchema).min(1).max(64),
  /** debited from each dataset whose rule has `differentialPrivacy`; a query that reads one has it, and no other has */
  privacy: privacySchema.optional(),
  createdAt: instantSchema,
})
export type Query = z.infer<typeof querySchema>
