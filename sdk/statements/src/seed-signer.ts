import { concatBytes, fromHex, ReinraumError, zeroise } from '@reinraum/crypto'
import { deepFreeze } from './deep-freeze.ts'
import type { SigningKeys } from './parts/public-keys.ts'
import { type PrivateSigningKeys, type Signer, signWith } from './signer.ts'

const seedLength = 32
// RFC 8410 §7: PKCS #8 of an Ed25519 key up to its 32 bytes.
const ed25519Pkcs8 = fromHex('302e020100300506032b657004220420')
// RFC 9881 §6: PKCS #8 of an ML-DSA-65 key, the seed alone.
const mldsa65Pkcs8 = fromHex('3034020100300b060960864801650304031204228020')

/** The private halves of a party's signing keys as raw seeds, 32 bytes each: they can be overwritten, which text cannot. */
export interface SigningSeeds {
  readonly ed25519: Uint8Array
  readonly mldsa65: Uint8Array
}

/**
 * A signer from raw seeds. Nothing of them becomes text, and the imported keys cannot be exported.
 * @param publicKeys the public keys that belong to the seeds
 * @throws ReinraumError `invalid-identity` when a seed is none
 */
export async function signerOfSeeds(seeds: SigningSeeds, publicKeys: SigningKeys): Promise<Signer> {
  const [ed25519, mldsa65] = await Promise.all([
    importSeed(ed25519Pkcs8, seeds.ed25519, 'Ed25519'),
    importSeed(mldsa65Pkcs8, seeds.mldsa65, 'ML-DSA-65'),
  ])
  const held: PrivateSigningKeys = { ed25519, mldsa65 }
  const keys = deepFreeze(structuredClone(publicKeys))
  return Object.freeze({ keys, sign: (payload: Uint8Array) => signWith(held, keys, payload) })
}

/** PKCS #8 (DER) of both keys, for whoever derives their public halves. The caller overwrites them. */
export function pkcs8OfSeeds(seeds: SigningSeeds): SigningSeeds {
  return { ed25519: concatBytes(ed25519Pkcs8, seeds.ed25519), mldsa65: concatBytes(mldsa65Pkcs8, seeds.mldsa65) }
}

async function importSeed(prefix: Uint8Array, seed: Uint8Array, name: string): Promise<CryptoKey> {
  if (seed.length !== seedLength) throw new ReinraumError('invalid-identity', 'a seed has 32 bytes')
  const der = concatBytes(prefix, seed)
  try {
    return await crypto.subtle.importKey('pkcs8', der, { name }, false, ['sign'])
  } catch {
    throw new ReinraumError('invalid-identity', 'a signing key cannot be read from its seed')
  } finally {
    zeroise(der)
  }
}
