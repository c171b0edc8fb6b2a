import { recordSuites } from '@reinraum/crypto'
import { z } from 'zod'
import {
  digestIdSchema,
  instantSchema,
  keyIdSchema,
  keyServiceIdSchema,
  memberIdSchema,
  slotIdSchema,
} from '../parts/identifiers.ts'

const version = z.int().min(1)
const suite = z.enum(recordSuites)
const wrapping = { slot: slotIdSchema, version, suite }
const dataKey = { slot: slotIdSchema, manifest: digestIdSchema, key: keyIdSchema }

/** What was done to keys. A version is one of the slot's wrapping key; a suite is how data keys are sealed under it. */
const actSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('key-imported'), ...dataKey, version }),
  z.strictObject({ type: z.literal('wrapping-key-rotated'), ...wrapping }),
  /** so many data keys were moved under this version */
  z.strictObject({ type: z.literal('keys-rewrapped'), ...wrapping, keys: z.int().min(0) }),
  /** a data key that stays under an older version is not released */
  z.strictObject({ type: z.literal('minimum-version-set'), slot: slotIdSchema, version }),
  z.strictObject({ type: z.literal('destruction-scheduled'), ...dataKey, due: instantSchema }),
  z.strictObject({ type: z.literal('destruction-cancelled'), ...dataKey }),
  /** the slot's other data keys were moved under this version, and every wrapping key before it is gone */
  z.strictObject({ type: z.literal('key-destroyed'), ...dataKey, version }),
  /** a revocation, or the rejection of a query */
  z.strictObject({ type: z.literal('revocation-applied'), revocation: digestIdSchema }),
])

/** One act on the keys that a key service holds under a contract, as its log holds it. Signed by the key service. */
export const administrationSchema = z.strictObject({
  kind: z.literal('reinraum/administration/v1'),
  keyService: keyServiceIdSchema,
  contract: digestIdSchema,
  /** position in the key service's log of acts under this contract, from 1 */
  sequence: z.int().min(1),
  /** id of the entry before this one; null for the first */
  previous: digestIdSchema.nullable(),
  /**
   * who asked for it, and the RFC 7638 thumbprint of the Ed25519 key that signed the request; null where the
   * service acted by itself
   */
  by: memberIdSchema.nullable(),
  byKey: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/)
    .nullable(),
  act: actSchema,
  at: instantSchema,
})
export type Administration = z.infer<typeof administrationSchema>
export type AdministrativeAct = Administration['act']
