import { z } from 'zod'

// Imports zod and nothing else: the child starts for every run, and every module it loads is waited for.

/** What the parent writes to the child's standard input: one job, then the end. */
export const jobSchema = z.strictObject({
  /** private folder with the datasets, where the result is written too */
  directory: z.string(),
  datasets: z.array(
    z.strictObject({
      slot: z.string(),
      file: z.string(),
      columns: z.array(z.strictObject({ name: z.string(), type: z.string().regex(/^[A-Z]+(\([0-9]+,[0-9]+\))?$/) })),
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
