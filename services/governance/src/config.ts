import { serviceConfigShape } from '@reinraum/kit'
import { z } from 'zod'

export const configSchema = z.strictObject({
  ...serviceConfigShape.shape,
})
export type GovernanceConfig = z.infer<typeof configSchema>
