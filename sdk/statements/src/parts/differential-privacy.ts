import { z } from 'zod'

const epsilon = z
  .number()
  .positive('must be more than 0; a common budget is 1 to 10')
  .max(1000, 'is no protection; write 1000 at most')

/** Noise that an owner asks for, and the budget that it is debited from. */
export const differentialPrivacySchema = z
  .strictObject({
    epsilonBudget: epsilon,
    deltaBudget: z.number().min(0, 'must be 0 or more').max(0.01, 'is no protection; write 0.01 at most'),
    maxEpsilonPerQuery: epsilon,
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
