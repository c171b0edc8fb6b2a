import { serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

export const releaseConfigSchema = z.strictObject({ ...serviceConfigShape.shape })
export type ReleaseConfig = z.infer<typeof releaseConfigSchema>
