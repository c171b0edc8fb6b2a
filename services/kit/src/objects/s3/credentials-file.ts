import { readFile } from 'node:fs/promises'
import { ReinraumError } from '@reinraum/crypto'
import { z } from 'zod'

const credentialsSchema = z.strictObject({
  accessKeyId: z.string().min(1).max(256),
  secretAccessKey: z.string().min(1).max(1024),
  sessionToken: z.string().min(1).max(16_384).exactOptional(),
})

// The SDK asks again when less than five minutes are left.
const validMs = 10 * 60 * 1000

/**
 * Reads the credentials, as the SDK wants them. They are looked up nowhere else: no environment, no profile, no metadata server.
 * @throws ReinraumError `invalid-argument`, which quotes nothing of the file
 */
export async function readCredentials(file: string) {
  let content: unknown
  try {
    content = JSON.parse(await readFile(file, 'utf8'))
  } catch {
    throw new ReinraumError('invalid-argument', `${file} is not a readable JSON file`)
  }
  const parsed = credentialsSchema.safeParse(content)
  if (!parsed.success) throw new ReinraumError('invalid-argument', `${file} does not hold credentials of an object store`)
  return { ...parsed.data, expiration: new Date(Date.now() + validMs) }
}
