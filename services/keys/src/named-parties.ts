import { readFile } from 'node:fs/promises'
import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { type PublicKeys, publicKeysSchema } from '@reinraum/statements'

/**
 * The public keys of people whom the configuration names: files as `identity create --public` writes them.
 * @throws ReinraumError `invalid-argument`
 */
export function readNamedParties(files: readonly string[]): Promise<readonly PublicKeys[]> {
  return Promise.all(files.map(readPublicKeys))
}

async function readPublicKeys(file: string): Promise<PublicKeys> {
  const bytes = await readFile(file).catch((cause) => {
    throw new ReinraumError('invalid-argument', `${file} cannot be read`, { cause })
  })
  const keys = publicKeysSchema.safeParse(parseStrictJson(bytes))
  if (!keys.success) throw new ReinraumError('invalid-argument', `${file} holds no public keys`)
  return keys.data
}
