import { columnTypes } from '@reinraum/statements'
import { z } from 'zod'

/** What the parent writes to the child's standard input: one job, then the end. */
export const jobSchema = z.strictObject({
  /** private folder with the datasets, where the result is written too */
  directory: z.string(),
  datasets: z.array(
    z.strictObject({
      slot: z.string(),
      file: z.string(),
      columns: z.array(
        z.strictObject({ name: z.string(), type: z.union([z.enum(columnTypes), z.string().startsWith('DECIMAL(')]) }),
      ),
    }),
  ),
  /** as the guard rewrote it */
  sql: z.string(),
  result: z.string(),
  memoryMiB: z.int().min(16),
  threads: z.int().min(1),
})
export type Job = z.infer<typeof jobSchema>

/** What the child prints on success. On any failure it prints nothing and exits with 1. */
export const outcomeSchema = z.strictObject({ rowCount: z.int().min(0) })
export type Outcome = z.infer<typeof outcomeSchema>
