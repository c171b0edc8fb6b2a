import { z } from 'zod'
import { memberIdSchema } from './identifiers.ts'

export const aggregateFunctions = ['sum', 'avg', 'count', 'count_distinct', 'stddev', 'variance', 'median', 'quantile'] as const
export type AggregateFunction = (typeof aggregateFunctions)[number]

/** What may happen to one column. A column without an entry may not be used at all. */
export const columnRuleSchema = z.strictObject({
  /** may appear in GROUP BY and in the output */
  dimension: z.boolean().optional(),
  /** may appear in a join condition */
  join: z.boolean().optional(),
  aggregate: z.array(z.enum(aggregateFunctions)).optional(),
  /** where comparisons may stand: against literals and parameters, against other columns, both, or nowhere (default) */
  filter: z.enum(['none', 'literal', 'column', 'any']).optional(),
  /** clamp, required for sum and avg */
  bounds: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'bounds must rise')
    .optional(),
})
export type ColumnRule = z.infer<typeof columnRuleSchema>

/** What may be learned from one dataset. Everything that is not allowed is refused. */
export const analysisRuleSchema = z.strictObject({
  version: z.literal(1),
  modes: z.array(z.enum(['template', 'aggregation'])).min(1),
  /** whose presence is protected; 'none' marks public reference data */
  privacyUnit: z.union([z.literal('none'), z.strictObject({ column: z.string().min(1) })]),
  columns: z.record(z.string(), columnRuleSchema),
  output: z.strictObject({
    /** distinct privacy units per output row */
    minimumGroupSize: z.int().min(2),
    maxRows: z.int().min(1).max(10_000_000),
  }),
  approvals: z.strictObject({ by: z.array(memberIdSchema).min(1), threshold: z.union([z.literal('all'), z.int().min(1)]) }),
})
export type AnalysisRule = z.infer<typeof analysisRuleSchema>
