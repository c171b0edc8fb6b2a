import { referenceValuesSchema } from '@reinraum/attestation'
import { hpkeSuites, maximumShares } from '@reinraum/crypto'
import { z } from 'zod'
import { analysisRuleSchema } from '../parts/analysis-rule.ts'
import { datasetSchemaSchema } from '../parts/dataset-schema.ts'
import { keyServiceIdSchema, memberIdSchema, nonceSchema, slotIdSchema, validitySchema } from '../parts/identifiers.ts'
import { publicKeysSchema } from '../parts/public-keys.ts'
import { keyHoldersSchema } from '../service-control.ts'

export const roles = ['owner', 'analyst', 'reviewer', 'recipient'] as const
export type Role = (typeof roles)[number]

export const memberSchema = z.strictObject({
  id: memberIdSchema,
  name: z.string().min(1).max(200),
  roles: z.array(z.enum(roles)),
  keys: publicKeysSchema,
})
export type Member = z.infer<typeof memberSchema>

export const keyServiceSchema = z.discriminatedUnion('custody', [
  /** the owner runs it on its own premises and pins its keys */
  z.strictObject({ id: keyServiceIdSchema, custody: z.literal('owner'), operator: memberIdSchema, keys: publicKeysSchema }),
  /** a virtual HSM in a confidential VM, verified by its evidence before anything is imported */
  z.strictObject({
    id: keyServiceIdSchema,
    custody: z.literal('attested'),
    keys: publicKeysSchema,
    referenceValues: referenceValuesSchema,
    /** whose shares open its root key; without it, whoever its evidence names, which each owner then looks at */
    unsealedBy: keyHoldersSchema.optional(),
  }),
])
export type KeyService = z.infer<typeof keyServiceSchema>

/**
 * Who holds the key of a slot: one key service, or several of which each holds a share and `threshold` together the key.
 */
const slotKeyServiceSchema = z.union([
  keyServiceIdSchema,
  z
    .strictObject({ threshold: z.int().min(2), services: z.array(keyServiceIdSchema).min(2).max(maximumShares) })
    .refine(({ threshold, services }) => threshold <= services.length, 'a threshold is at most the number of key services'),
])

export const slotSchema = z.strictObject({
  id: slotIdSchema,
  owner: memberIdSchema,
  schema: datasetSchemaSchema,
  rule: analysisRuleSchema,
  keyService: slotKeyServiceSchema,
})
export type Slot = z.infer<typeof slotSchema>

export const contractSchema = z.strictObject({
  kind: z.literal('reinraum/contract/v1'),
  name: z.string().min(1).max(200),
  purpose: z.string().min(1).max(4000),
  members: z.array(memberSchema).min(1).max(64),
  slots: z.array(slotSchema).min(1).max(64),
  keyServices: z.array(keyServiceSchema).min(1).max(16),
  /** reference values of acceptable executors */
  executors: referenceValuesSchema,
  /**
   * `never` where no executor may keep anything decrypted when a run has ended; else it may, for later runs, while
   * its lease is renewed
   */
  cache: z.literal('never').optional(),
  /** the suite in which data keys are sealed to an executor; X-Wing where it is not named */
  releaseSuite: z.enum(hpkeSuites).optional(),
  results: z.strictObject({
    recipients: z.array(memberIdSchema).min(1),
    /** in the order in which they review */
    reviewers: z.array(z.strictObject({ member: memberIdSchema, mode: z.enum(['approve', 'inspect']) })),
  }),
  validity: validitySchema,
  nonce: nonceSchema,
})
export type Contract = z.infer<typeof contractSchema>
