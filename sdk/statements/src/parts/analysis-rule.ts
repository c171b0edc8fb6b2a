import { z } from 'zod'
import { columnRuleSchema } from './column-rule.ts'
import { differentialPrivacySchema } from './differential-privacy.ts'
import { memberIdSchema } from './identifiers.ts'
import { checkRule } from './rule-consistency.ts'

export { type AggregateFunction, aggregateFunctions, type ColumnRule, columnRuleSchema } from './column-rule.ts'
export { type DifferentialPrivacy, differentialPrivacySchema } from './differential-privacy.ts'

export const ruleModes = ['template', 'aggregation', 'overlap'] as const
/**
 * `template`: only SQL that the owner approved, letter by letter. `aggregation`: any query that the guard allows.
 * `overlap`: rows that join with the analyst's own dataset, their dimensions only.
 */
export type RuleMode = (typeof ruleModes)[number]

export const accessPeriods = ['day', 'week', 'month', 'lifetime'] as const
export type AccessPeriod = (typeof accessPeriods)[number]

/** The smallest group that is shown where a rule's author names none. */
export const defaultMinimumGroupSize = 20

const unitCount = z.int().min(1).max(1_000_000_000)

const privacyUnitSchema = z.union([
  z.literal('none', 'names no column; write {column: …}, or none for public reference data'),
  z.strictObject({
    column: z.string().min(1).max(128),
    /** rows of one unit that count in one result */
    maxRowsPerUnit: unitCount.optional(),
    /** groups of one result that one unit counts in */
    maxGroupsPerUnit: unitCount.optional(),
  }),
])

/** With whose datasets this one must be joined. Which columns join is said per column. */
const joinRuleSchema = z.strictObject({
  /** `any`: at least one dataset of one of the members; `all`: one of each; `blocked`: with no other dataset at all */
  condition: z.enum(['any', 'all', 'notRequired', 'blocked']),
  /**
   * without it, `any` means any other member; under each condition, who may join datasets of their own with this one in a
   * query that they ask themselves
   */
  with: uniqueMembers('member').min(1, 'names nobody; name members or leave with out').optional(),
  /** how several equalities of one join may be connected; `and` unless given */
  operators: z
    .array(z.enum(['and', 'or']))
    .min(1, 'lists nothing; write [and] or leave operators out')
    .max(2)
    .optional(),
})

const outputRuleSchema = z.strictObject({
  /**
   * Distinct privacy units per output row. The default is filled in before a contract is signed: what was signed says it
   * (`readDocument` refuses a contract that leaves it to the reader).
   */
  minimumGroupSize: z.int().min(2).default(defaultMinimumGroupSize),
  /** a row over too few units is left out; nothing else can be asked for */
  onViolation: z.literal('suppressRow').optional(),
  /** further rows are left out as long as one that was can be computed from totals */
  complementarySuppression: z.boolean().optional(),
  /**
   * Rows are left out too that differ by fewer units than the minimum from what an earlier result under the same contract
   * showed. A heuristic: what several results tell together is bounded by noise alone.
   */
  differencing: z.literal('suppressRow').optional(),
  /** numbers that come out are multiples of this one */
  rounding: z
    .number()
    .refine(isRounding, 'must lie between 0.000001 and 1000000000, with six digits after the point at most; write one such as 5')
    .optional(),
  maxRows: z.int().min(1).max(10_000_000),
  /** of a whole result */
  maxBytes: z
    .int()
    .min(1024, 'is too small for any result; write 1024 or more')
    .max(2 ** 40)
    .optional(),
})

const reviewerSchema = z.strictObject({ member: memberIdSchema, mode: z.enum(['approve', 'inspect']) })

/** What may be learned from one dataset. Everything that is not allowed is refused. */
export const analysisRuleSchema = z
  .strictObject({
    version: z.literal(1),
    modes: z.array(z.enum(ruleModes)).min(1),
    /** whose presence is protected; 'none' marks public reference data */
    privacyUnit: privacyUnitSchema,
    columns: z.record(z.string(), columnRuleSchema),
    /** added to the list of safe functions; the guard knows which names can be */
    scalarFunctions: z
      .array(z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'expected the name of a function in lower case'))
      .max(256)
      .refine(differs, 'names a function twice; name each once')
      .optional(),
    join: joinRuleSchema.optional(),
    output: outputRuleSchema,
    /** results come out with noise only, and each debits the dataset's budget */
    differentialPrivacy: differentialPrivacySchema.optional(),
    /** runs that may read the dataset per period, in UTC; all of them hold */
    accessBudget: z
      .array(z.strictObject({ period: z.enum(accessPeriods), max: z.int().min(1).max(1_000_000_000) }))
      .min(1, 'lists nothing; add {period, max} or leave accessBudget out')
      .refine((budgets) => differs(budgets.map((b) => b.period)), 'names a period twice; keep the smaller max')
      .optional(),
    approvals: z.strictObject({ by: z.array(memberIdSchema).min(1), threshold: z.union([z.literal('all'), z.int().min(1)]) }),
    /** who may get what is learned, and who must look at it first; the contract's own must be no looser */
    results: z
      .strictObject({
        recipients: uniqueMembers('recipient').min(1, 'names nobody; name who may get results'),
        reviewers: z
          .array(reviewerSchema)
          .max(64)
          .refine((reviewers) => differs(reviewers.map((r) => r.member)), 'names a reviewer twice; keep inspect')
          .optional(),
      })
      .optional(),
  })
  .superRefine(checkRule)
export type AnalysisRule = z.infer<typeof analysisRuleSchema>

/** Whether queries on the dataset need its approvers' consent: not where the guard alone decides. */
export function needsApproval({ modes }: Pick<AnalysisRule, 'modes'>): boolean {
  return modes.includes('template') && !modes.includes('aggregation')
}

function uniqueMembers(what: string) {
  return z.array(memberIdSchema).max(64).refine(differs, `names a ${what} twice; name each once`)
}

function differs(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

/** Few enough digits that a common multiple of several is exact. */
function isRounding(value: number): boolean {
  return value >= 0.000001 && value <= 1_000_000_000 && /^\d+(\.\d{1,6})?$/.test(String(value))
}
