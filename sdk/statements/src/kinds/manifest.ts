import { z } from 'zod'
import { datasetSchemaSchema } from '../parts/dataset-schema.ts'
import { digestIdSchema, instantSchema, keyCheckSchema, keyIdSchema, memberIdSchema, slotIdSchema } from '../parts/identifiers.ts'
import { lineageSchema } from '../parts/lineage.ts'
import { unitRowsSchema } from '../parts/unit-rows.ts'

/** How datasets and results are sealed: c2sp.org/chunked-encryption, instantiation Cobblestone-256. */
export const envelopeSuite = 'c2sp-cobblestone-256'

/** What the envelope's context commits to: the part of a manifest that is known before the ciphertext. */
export const manifestCoreSchema = z.strictObject({
  contract: digestIdSchema,
  slot: slotIdSchema,
  version: z.int().min(1),
  schema: datasetSchemaSchema,
})
export type ManifestCore = z.infer<typeof manifestCoreSchema>

/** One version of one dataset, sealed. Signed by the slot's owner. */
export const manifestSchema = manifestCoreSchema.extend({
  kind: z.literal('reinraum/manifest/v1'),
  by: memberIdSchema,
  rowCount: z.int().min(0),
  /** what the owner states of the rows that one privacy unit has; it spares work where a rule asks for noise */
  unit: unitRowsSchema.optional(),
  /** the schema's column by which rows lie together: the owner lets whoever stores the object see which row groups a query reads */
  clusteredBy: z.string().min(1).max(128).optional(),
  /** whose ledgers are debited; under a rule with `differentialPrivacy` it is there */
  lineage: lineageSchema.optional(),
  /** SHA-256 of the ciphertext */
  object: digestIdSchema,
  /** ciphertext bytes */
  length: z.int().min(1),
  envelope: z.literal(envelopeSuite),
  key: keyIdSchema,
  /** a commitment to the data key (`keyCheckValue` of sdk/crypto over the core's context) */
  keyCheck: keyCheckSchema,
  createdAt: instantSchema,
})
export type Manifest = z.infer<typeof manifestSchema>
