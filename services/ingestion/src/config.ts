import { objectsConfigSchema, serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

export const ingestionConfigSchema = z.strictObject({
  ...serviceConfigShape.shape,
  /** where ciphertext is kept; the folder `objects` of its data unless told */
  objects: objectsConfigSchema.optional(),
  /** ciphertext bytes of one dataset version */
  maxUploadBytes: z.int().min(1).optional(),
})
export type IngestionConfig = z.infer<typeof ingestionConfigSchema>
