import { z } from 'zod'

/** More digits than any amount of noise has. */
const longestNumber = 200
const integerText = z
  .string()
  .max(longestNumber)
  .regex(/^(0|[1-9][0-9]*)$/)
/** `5/2`, or `3` for 3/1, in lowest terms. */
const quotientText = z
  .string()
  .max(2 * longestNumber)
  .regex(/^(0|[1-9][0-9]*)(\/[1-9][0-9]*)?$/)

/** Names are what the signed query calls things, cut where they are long. */
export const longestNoiseName = 200
/** of all tables together */
export const maximumNoisyColumns = 1000
export const maximumNoisyTables = 100
const name = z.string().min(1).max(longestNoiseName)

/** One noisy number per group. */
const noisyColumnSchema = z.strictObject({
  name,
  mechanism: z.enum(['discreteLaplace', 'discreteGaussian', 'exponential']),
  /**
   * In steps of the grid. Of the discrete Laplace t, with P[x] in proportion to e^(-|x|/t); of the discrete Gaussian σ², with
   * P[x] in proportion to e^(-x²/2σ²); of the exponential mechanism the ε of one row of a unit.
   */
  scale: quotientText,
  /** what one step is worth */
  grid: quotientText,
  /** how far one unit moves all groups together, in steps; of the exponential mechanism in rows */
  sensitivity: z.strictObject({ l1: integerText, l2Squared: integerText }),
  /** what the column costs, exactly; null where noise is Gaussian, which is no pure differential privacy */
  epsilon: quotientText.nullable(),
  rho: quotientText,
})

/** Of one aggregation over rows, by one of its groupings. */
const noisyTableSchema = z.strictObject({
  /** what it groups by; nothing where its one group is all rows */
  groups: z.array(name).max(maximumNoisyColumns),
  columns: z.array(noisyColumnSchema).min(1).max(maximumNoisyColumns),
  /** which columns of the result are computed from which of those */
  outputs: z
    .array(
      z.strictObject({
        columns: z.array(name).max(maximumNoisyColumns),
        of: z.array(name).min(1).max(8),
      }),
    )
    .max(maximumNoisyColumns),
  /** groups come out where this column is at least `minimum`; `delta` where they come from the data */
  threshold: z
    .strictObject({
      column: name,
      minimum: integerText,
      delta: quotientText.nullable(),
      /** or where this one is: so many rows are of enough units, by what an owner states in its manifest */
      spared: z.strictObject({ column: name, minimum: integerText }).optional(),
    })
    .nullable(),
})
export type NoisyTable = z.infer<typeof noisyTableSchema>

/**
 * The noise that results of a run got: all tables together cost what was debited. It follows from the rules, the query, the run's
 * parameters and what manifests state alone, and tells nothing more of the data: neither the noise that was drawn nor how many
 * groups got any.
 */
export const namedNoiseSchema = z.array(noisyTableSchema).min(1).max(maximumNoisyTables)
export type NamedNoise = z.infer<typeof namedNoiseSchema>
