import { z } from 'zod'
import { digestIdSchema, memberIdSchema, nonceSchema, slotIdSchema, validitySchema } from '../parts/identifiers.ts'
import { parameterValueSchema } from './query.ts'

/** One execution of an approved query. The analyst signs it. */
export const runSchema = z.strictObject({
  kind: z.literal('reinraum/run/v1'),
  contract: digestIdSchema,
  query: digestIdSchema,
  by: memberIdSchema,
  parameters: z.record(z.string(), parameterValueSchema),
  /** slot → manifest id; exactly the query's slots */
  versions: z.record(slotIdSchema, digestIdSchema),
  /** members who receive the result; a subset of the contract's */
  recipients: z.array(memberIdSchema).min(1),
  validity: validitySchema,
  nonce: nonceSchema,
})
export type Run = z.infer<typeof runSchema>
