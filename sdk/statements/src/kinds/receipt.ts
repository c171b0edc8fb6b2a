import { z } from 'zod'
import {
  digestIdSchema,
  instantSchema,
  keyServiceIdSchema,
  memberIdSchema,
  nonceSchema,
  slotIdSchema,
} from '../parts/identifiers.ts'
import { namedNoiseSchema } from '../parts/named-noise.ts'
import { signingKeysSchema } from '../parts/public-keys.ts'
import { resultFileFormat } from '../result-file/result-file.ts'

/** What happened in one run. Signed by the per-run key that the evidence binds. */
export const receiptSchema = z.strictObject({
  kind: z.literal('reinraum/receipt/v1'),
  contract: digestIdSchema,
  query: digestIdSchema,
  run: digestIdSchema,
  manifests: z.array(z.strictObject({ slot: slotIdSchema, manifest: digestIdSchema })).min(1),
  /** SHA-256 of the SQL that DuckDB executed */
  rewrittenSql: digestIdSchema,
  guard: z.string().max(64),
  engine: z.string().max(64),
  /** of datasets whose rules ask for noise; receipts of earlier executors do not name it */
  noise: namedNoiseSchema.optional(),
  result: z.strictObject({
    /** SHA-256 of the sealed result */
    object: digestIdSchema,
    /** of a size class */
    length: z.int().min(1),
    /** how to read it once it is open; how many rows it has stands there only */
    format: z.literal(resultFileFormat),
  }),
  gate: z.strictObject({
    recipients: z.array(memberIdSchema).min(1),
    reviewers: z.array(memberIdSchema),
    /** SHA-256 of each layer of the sealed result keys, outermost first; one more than there are reviewers */
    layers: z.array(digestIdSchema).min(1),
  }),
  releases: z.array(digestIdSchema).min(1),
  /** what report_data binds, so that the evidence can be checked again */
  binding: z.strictObject({
    nonces: z.record(keyServiceIdSchema, nonceSchema),
    kem: z.string().max(4096),
    sig: signingKeysSchema,
  }),
  /** SHA-256 of the report */
  evidence: digestIdSchema,
  finishedAt: instantSchema,
})
export type Receipt = z.infer<typeof receiptSchema>
