import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_MLKEM768_X25519 } from 'hpke'
import { z } from 'zod'
import { fromBase64url, toBase64url } from './base64url.ts'
import { ReinraumError } from './reinraum-error.ts'

/** The one suite in use: RFC 9180 base mode over X-Wing (ML-KEM-768 with X25519). */
export const hpkeSuite = 'X-Wing/HKDF-SHA256/AES-256-GCM'

/** Longest ciphertext of a sealed object, in characters of base64url. Sealed objects carry keys, not data. */
const maxCiphertextCharacters = 1_398_104

/** A small secret sealed to one public key. `enc` is the encapsulated key (1120 bytes), both texts are base64url. */
export const sealedObjectSchema = z.strictObject({
  suite: z.literal(hpkeSuite),
  enc: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .length(1494),
  ciphertext: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(maxCiphertextCharacters),
})
export type SealedObject = z.infer<typeof sealedObjectSchema>

/** What both sides must agree on: `info` enters the key schedule, `aad` the one message. */
export interface HpkeBinding {
  readonly info: Uint8Array
  readonly aad: Uint8Array
}

let cipherSuite: CipherSuite | undefined

/** Made when first needed: making it probes Web Crypto, which those who only hash have no use for. */
function suite(): CipherSuite {
  cipherSuite ??= new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
  return cipherSuite
}

/** A new key pair in raw form: public key 1216 bytes, private key the 32-byte seed. */
export async function generateHpkeKeyPair(): Promise<{ publicKey: Uint8Array; privateKey: Uint8Array }> {
  const pair = await suite().GenerateKeyPair(true)
  return {
    publicKey: await suite().SerializePublicKey(pair.publicKey),
    privateKey: await suite().SerializePrivateKey(pair.privateKey),
  }
}

/** Seals to a public key. Throws `invalid-argument` when the key is not one of the suite. */
export async function hpkeSeal(publicKey: Uint8Array, plaintext: Uint8Array, binding: HpkeBinding): Promise<SealedObject> {
  const key = await deserialise(() => suite().DeserializePublicKey(publicKey), 'public')
  try {
    const { encapsulatedSecret, ciphertext } = await suite().Seal(key, plaintext, { info: binding.info, aad: binding.aad })
    return { suite: hpkeSuite, enc: toBase64url(encapsulatedSecret), ciphertext: toBase64url(ciphertext) }
  } catch (cause) {
    // ML-KEM checks the encapsulation key only when it is used (FIPS 203 §7.2).
    throw new ReinraumError('invalid-argument', 'nothing can be sealed to this public key', { cause })
  }
}

/**
 * Opens a sealed object. Throws `suite-unsupported` for another suite and `decryption-failed` for everything else that
 * comes from outside: which part did not fit is not told apart.
 */
export async function hpkeOpen(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  sealed: SealedObject,
  binding: HpkeBinding,
): Promise<Uint8Array> {
  if (sealed.suite !== hpkeSuite) throw new ReinraumError('suite-unsupported', 'the object is sealed with another suite')
  const pair = {
    privateKey: await deserialise(() => suite().DeserializePrivateKey(privateKey), 'private'),
    publicKey: await deserialise(() => suite().DeserializePublicKey(publicKey), 'public'),
  }
  try {
    const enc = fromBase64url(sealed.enc)
    return await suite().Open(pair, enc, fromBase64url(sealed.ciphertext), { info: binding.info, aad: binding.aad })
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the sealed object does not open with this key and binding', { cause })
  }
}

async function deserialise<T>(read: () => Promise<T>, which: string): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `not a ${which} key of suite ${hpkeSuite}`, { cause })
  }
}
