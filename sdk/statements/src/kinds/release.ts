import { errorCodes } from '@reinraum/crypto'
import { z } from 'zod'
import { digestIdSchema, instantSchema, keyServiceIdSchema, memberIdSchema, slotIdSchema } from '../parts/identifiers.ts'
import { ledgerDebitSchema, shortfallSchema } from '../parts/ledger-amounts.ts'

/** A key service's decision about one run, as its log holds it. Signed by the key service. */
export const releaseSchema = z.strictObject({
  kind: z.literal('reinraum/release/v1'),
  keyService: keyServiceIdSchema,
  contract: digestIdSchema,
  run: digestIdSchema,
  /** the query and the analyst who signed the run; null when the request was refused before they were verified */
  query: digestIdSchema.nullable(),
  by: memberIdSchema.nullable(),
  /** position in the key service's log, from 1 */
  sequence: z.int().min(1),
  /** id of the entry before this one; null for the first */
  previous: digestIdSchema.nullable(),
  outcome: z.discriminatedUnion('decision', [
    z.strictObject({
      decision: z.literal('released'),
      datasets: z.array(z.strictObject({ slot: slotIdSchema, manifest: digestIdSchema })).min(1),
      /** runs used of the approvals' maximum, per approval id */
      runs: z.array(z.strictObject({ approval: digestIdSchema, before: z.int().min(0), after: z.int().min(1) })),
      /** of slots whose results are compared with earlier ones: which key opens the history, and where it ended */
      histories: z
        .array(
          z.strictObject({
            slot: slotIdSchema,
            /** commitment to the key, base64url */
            key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
            entries: z.int().min(0),
            head: digestIdSchema,
          }),
        )
        .min(1)
        .optional(),
      /** of slots whose rules ask for noise; sorted by slot and period */
      ledger: z.array(ledgerDebitSchema).min(1).optional(),
    }),
    z.strictObject({
      decision: z.literal('denied'),
      reason: z.enum(errorCodes),
      /** with `budget-exhausted`: every ledger in which the query does not fit */
      budget: z.array(shortfallSchema).min(1).optional(),
    }),
  ]),
  /** SHA-256 of the report; null when the request was refused before evidence was read */
  evidence: digestIdSchema.nullable(),
  hardware: z.boolean().nullable(),
  decidedAt: instantSchema,
})
export type Release = z.infer<typeof releaseSchema>
