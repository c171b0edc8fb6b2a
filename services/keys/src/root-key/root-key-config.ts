import { z } from 'zod'

const path = z.string().min(1)

/** Where the root key of a key service comes from. */
export const rootKeyConfigSchema = z.discriminatedUnion('kind', [
  /** 32 bytes in a file, made at the first start: for local development only */
  z.strictObject({ kind: z.literal('file'), path }),
])
export type RootKeyConfig = z.infer<typeof rootKeyConfigSchema>
