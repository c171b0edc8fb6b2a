import { parseStrictJson, ReinraumError } from '@reinraum/crypto'
import { type SigningKeys, signingKeysSchema } from '@reinraum/statements'

/** An executor's signing keys, as evidence binds them. @throws ReinraumError `invalid-argument` */
export function readSigningKeys(json: Uint8Array): SigningKeys {
  const keys = signingKeysSchema.safeParse(parseStrictJson(json))
  if (!keys.success) throw new ReinraumError('invalid-argument', "the executor's signing keys are malformed")
  return keys.data
}
