import { z } from 'zod'

// Amounts of privacy loss lie on a grid, so that what ledgers count are integers: millionths of ε, and 10⁻¹⁵ of δ.

/** ε: more than 0, with six digits after the point at most. */
export const epsilonSchema = z
  .number()
  .positive('must be more than 0; a common budget is 1 to 10')
  .max(1000, 'is no protection; write 1000 at most')
  .refine((value) => hasPlaces(value, 6), 'is finer than 0.000001; write six digits after the point at most')

/** δ: from 0, with fifteen digits after the point at most. */
export const deltaSchema = z
  .number()
  .min(0, 'must be 0 or more')
  .max(0.01, 'is no protection; write 0.01 at most')
  .refine((value) => hasPlaces(value, 15), 'is finer than 1e-15; write fifteen digits after the point at most')

/** What a query spends of each dataset whose rule asks for noise. */
export const privacySchema = z.strictObject({ epsilon: epsilonSchema, delta: deltaSchema })
export type Privacy = z.infer<typeof privacySchema>

/** Whether a decimal with so many digits after its point reads back as this number. */
function hasPlaces(value: number, places: number): boolean {
  return Number(value.toFixed(places)) === value
}
