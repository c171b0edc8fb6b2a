import { z } from 'zod'
import { digestIdSchema, slotIdSchema, slugSchema } from './identifiers.ts'

/** What ledgers count: `Charge` of sdk/privacy. */
const chargeSchema = z.strictObject({ epsilon: z.int().min(0), delta: z.int().min(0) })

const accountingSchema = z.enum(['basic', 'zcdp'])

/** One part of one dataset as a release names it; whose it is says the contract. */
const partOfDatasetSchema = z.strictObject({ dataset: slugSchema, period: z.int().min(1), accounting: accountingSchema })

/** An entry that a release made in a ledger: with it any party can show what was spent, also to a key service that forgot. */
export const ledgerDebitSchema = partOfDatasetSchema.extend({
  slot: slotIdSchema,
  /** of the entry in its ledger, from 1 */
  sequence: z.int().min(1),
  /** digest of the entry before it, and its own */
  before: digestIdSchema,
  after: digestIdSchema,
  charge: chargeSchema,
  /** what the ledger counts with it */
  charged: chargeSchema,
  spent: chargeSchema,
})
export type LedgerDebit = z.infer<typeof ledgerDebitSchema>

/** A ledger in which the query does not fit. */
export const shortfallSchema = partOfDatasetSchema.extend({
  slot: slotIdSchema,
  /** in the units of the accounting */
  left: chargeSchema,
  /** the most that a query may say instead, in millionths of ε and 10⁻¹⁵ of δ whatever the accounting; null if none fits */
  fits: chargeSchema.nullable(),
})
export type Shortfall = z.infer<typeof shortfallSchema>
