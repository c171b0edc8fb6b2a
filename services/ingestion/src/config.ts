import { serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

export const ingestionConfigSchema = z.strictObject({
  ...serviceConfigShape.shape,
  /** ciphertext bytes of one dataset version */
  maxUploadBytes: z.int().min(1).optional(),
})
export type IngestionConfig = z.infer<typeof ingestionConfigSchema>
