import { z } from 'zod'

export const aggregateFunctions = ['sum', 'avg', 'count', 'count_distinct', 'stddev', 'variance', 'median', 'quantile'] as const
export type AggregateFunction = (typeof aggregateFunctions)[number]

/** Functions to which one row adds as much as its value allows, so that only a clamp bounds what it adds. */
const needBounds: readonly AggregateFunction[] = ['sum', 'avg', 'stddev', 'variance']

const domainSchema = z
  .array(z.union([z.string().max(1000), z.number()], 'must hold texts or numbers; write all as texts or all as numbers'))
  .min(1, 'lists no value; name the groups or leave domain out')
  .max(10_000, 'lists more than 10000 values; use a coarser column')
  .refine((values) => new Set(values.map((v) => typeof v)).size <= 1, 'mixes texts and numbers; write all as one of the two')
  .refine((values) => new Set(values).size === values.length, 'lists a value twice; name each group once')

/** What may happen to one column. A column without an entry may not be used at all. */
export const columnRuleSchema = z
  .strictObject({
    /** may appear in GROUP BY and in the output */
    dimension: z.boolean().optional(),
    /** may appear in a join condition */
    join: z.boolean().optional(),
    aggregate: z.array(z.enum(aggregateFunctions)).optional(),
    /** where comparisons may stand: against literals and parameters, against other columns, both, or nowhere (default) */
    filter: z.enum(['none', 'literal', 'column', 'any']).optional(),
    /** clamp, required for sum, avg, stddev and variance */
    bounds: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'must rise; write the smaller number first: bounds: [low, high]')
      .optional(),
    /** the public set of a dimension's groups */
    domain: domainSchema.optional(),
    /** may stand in an arithmetic or conditional expression within an aggregate, not only alone; false unless given */
    expressions: z.boolean().optional(),
  })
  .superRefine(({ dimension, aggregate, bounds, domain }, context) => {
    const unbounded = bounds === undefined ? (aggregate ?? []).filter((name) => needBounds.includes(name)) : []
    if (unbounded.length > 0) {
      const verb = unbounded.length > 1 ? 'need' : 'needs'
      const message = `${unbounded.join(' and ')} ${verb} bounds; add bounds: [low, high]`
      context.addIssue({ code: 'custom', path: ['bounds'], message })
    }
    if (domain !== undefined && dimension !== true) {
      context.addIssue({ code: 'custom', path: ['domain'], message: 'lists groups of no dimension; add dimension: true' })
    }
  })
export type ColumnRule = z.infer<typeof columnRuleSchema>
