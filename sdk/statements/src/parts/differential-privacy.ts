import { z } from 'zod'
import { deltaSchema, epsilonSchema } from './privacy-loss.ts'

/** Noise that an owner asks for, and the budget that it is debited from. */
export const differentialPrivacySchema = z
  .strictObject({
    epsilonBudget: epsilonSchema,
    deltaBudget: deltaSchema,
    maxEpsilonPerQuery: epsilonSchema,
    mechanism: z.enum(['discreteLaplace', 'discreteGaussian']),
    accounting: z.enum(['basic', 'zcdp']),
    /** a budget starts again only for data that was not there before */
    refresh: z.union([
      z.literal('never'),
      z.strictObject({ everyDays: z.int().min(1).max(36_500), newDataOnly: z.literal(true) }),
    ]),
  })
  .superRefine(({ epsilonBudget, maxEpsilonPerQuery, deltaBudget, mechanism, accounting }, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (maxEpsilonPerQuery > epsilonBudget) {
      fault('maxEpsilonPerQuery', 'is more than epsilonBudget; write at most that')
    }
    if (deltaBudget > 0) return
    if (mechanism === 'discreteGaussian') fault('deltaBudget', 'discreteGaussian needs a delta; write a small one, such as 1e-9')
    else if (accounting === 'zcdp') fault('deltaBudget', 'zcdp needs a delta; write a small one, such as 1e-9')
  })
export type DifferentialPrivacy = z.infer<typeof differentialPrivacySchema>
