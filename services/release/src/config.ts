import { objectsConfigSchema, serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

export const releaseConfigSchema = z.strictObject({
  ...serviceConfigShape.shape,
  /** where sealed results are kept; the folder `objects` of its data unless told */
  objects: objectsConfigSchema.optional(),
})
export type ReleaseConfig = z.infer<typeof releaseConfigSchema>
