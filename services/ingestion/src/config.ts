import { serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

export const ingestionConfigSchema = z.strictObject({ ...serviceConfigShape.shape })
export type IngestionConfig = z.infer<typeof ingestionConfigSchema>
