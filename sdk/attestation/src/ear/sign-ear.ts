import { ReinraumError } from '@reinraum/crypto'
import { SignJWT } from 'jose'
import { type EarAlgorithm, type EarKey, earAlgorithms, earType, maximumTokenLength } from './algorithms.ts'
import { type Ear, earSchema } from './ear.ts'

/**
 * An EAR as a signed token: a compact JWT of type `eat+jwt`.
 *
 * @param options.keyId tells readers which of the verifier's keys it was; they trust the one that they have
 * @param options.lifetime seconds
 * @throws ReinraumError `invalid-argument` for a key that does not fit the algorithm, and for what no reader would accept
 */
export async function signEar(
  ear: Ear,
  key: EarKey,
  options: { readonly algorithm: EarAlgorithm; readonly keyId: string; readonly lifetime: number },
): Promise<string> {
  const { algorithm, keyId, lifetime } = options
  const checked = earSchema.safeParse({ ...ear, exp: ear.iat + lifetime })
  if (!checked.success || !(lifetime > 0)) throw new ReinraumError('invalid-argument', 'this is no EAR, or it has no lifetime')
  if (!earAlgorithms.includes(algorithm)) throw new ReinraumError('invalid-argument', 'no EAR is signed with this algorithm')
  if (keyId === '' || keyId.length > 256) throw new ReinraumError('invalid-argument', 'the key has no name, or too long a one')
  let token: string
  try {
    token = await new SignJWT(checked.data).setProtectedHeader({ alg: algorithm, kid: keyId, typ: earType }).sign(key)
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `the key does not sign with ${algorithm}`, { cause })
  }
  if (token.length > maximumTokenLength) throw new ReinraumError('invalid-argument', 'the EAR is too long for a token')
  return token
}
