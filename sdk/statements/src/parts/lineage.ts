import { z } from 'zod'
import { slugSchema } from './identifiers.ts'

/**
 * Which data a version of a dataset holds, in the words of its owner, whatever the contract and the slot: key services debit
 * what is spent of it from the same ledgers.
 */
export const lineageSchema = z.strictObject({
  /** the owner's own name for the dataset */
  dataset: slugSchema,
  /**
   * The parts of the data that this version holds, numbered by the time at which they came. The owner says that no datum is in
   * two of them: version 3 with new data only has `[3]`, one with all that there ever was has `[1, 2, 3]`.
   */
  periods: z
    .array(z.int().min(1).max(10_000))
    .min(1, 'names no part of the data; write [1] unless it is new')
    .max(64)
    .refine((periods) => periods.every((period, i) => i === 0 || period > (periods[i - 1] ?? 0)), 'are sorted and differ'),
})
export type Lineage = z.infer<typeof lineageSchema>
