import { z } from 'zod'
import { fromBase64url, toBase64url } from './base64url.ts'
import { cipherSuiteOf, defaultHpkeSuite, type HpkeSuite, hpkeSizes, hpkeSuiteOf, hpkeSuites } from './hpke-suite.ts'
import { ReinraumError } from './reinraum-error.ts'

/** Longest ciphertext of a sealed object, in characters of base64url. Sealed objects carry keys, not data. */
const maxCiphertextCharacters = 1_398_104

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/)

/** A small secret sealed to one public key: the suite by its name, the encapsulated key and the ciphertext, both base64url. */
export const sealedObjectSchema = z.discriminatedUnion('suite', [sealedWith(hpkeSuites[0]), sealedWith(hpkeSuites[1])])
export type SealedObject = z.infer<typeof sealedObjectSchema>

function sealedWith<S extends HpkeSuite>(suite: S) {
  const enc = base64url.length(Math.ceil((hpkeSizes[suite].enc * 4) / 3))
  return z.strictObject({ suite: z.literal(suite), enc, ciphertext: base64url.max(maxCiphertextCharacters) })
}

/** What both sides must agree on: `info` enters the key schedule, `aad` the one message. */
export interface HpkeBinding {
  readonly info: Uint8Array
  readonly aad: Uint8Array
}

/** A new key pair in raw form: the public key as long as its suite has it, the private key a 32-byte seed. */
export async function generateHpkeKeyPair(
  suite: HpkeSuite = defaultHpkeSuite,
): Promise<{ publicKey: Uint8Array; privateKey: Uint8Array }> {
  const cipherSuite = cipherSuiteOf(suite)
  const pair = await cipherSuite.GenerateKeyPair(true)
  return {
    publicKey: await cipherSuite.SerializePublicKey(pair.publicKey),
    privateKey: await cipherSuite.SerializePrivateKey(pair.privateKey),
  }
}

/** Seals to a public key, with the suite that the key belongs to. Throws `invalid-argument` when nothing can be sealed to it. */
export async function hpkeSeal(publicKey: Uint8Array, plaintext: Uint8Array, binding: HpkeBinding): Promise<SealedObject> {
  const suite = hpkeSuiteOf(publicKey)
  const key = await deserialise(() => cipherSuiteOf(suite).DeserializePublicKey(publicKey), 'public')
  try {
    const { info, aad } = binding
    const { encapsulatedSecret, ciphertext } = await cipherSuiteOf(suite).Seal(key, plaintext, { info, aad })
    return { suite, enc: toBase64url(encapsulatedSecret), ciphertext: toBase64url(ciphertext) }
  } catch (cause) {
    // ML-KEM checks the encapsulation key only when it is used (FIPS 203 §7.2).
    throw new ReinraumError('invalid-argument', 'nothing can be sealed to this public key', { cause })
  }
}

/**
 * Opens a sealed object. Throws `suite-unsupported` when it is sealed with another suite than the keys are of, and
 * `decryption-failed` for everything else that comes from outside: which part did not fit is not told apart.
 */
export async function hpkeOpen(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  sealed: SealedObject,
  binding: HpkeBinding,
): Promise<Uint8Array> {
  const suite = hpkeSuiteOf(publicKey)
  if (sealed.suite !== suite) throw new ReinraumError('suite-unsupported', 'the object is sealed with another suite')
  const cipherSuite = cipherSuiteOf(suite)
  const pair = {
    privateKey: await deserialise(() => cipherSuite.DeserializePrivateKey(privateKey), 'private'),
    publicKey: await deserialise(() => cipherSuite.DeserializePublicKey(publicKey), 'public'),
  }
  try {
    const enc = fromBase64url(sealed.enc)
    return await cipherSuite.Open(pair, enc, fromBase64url(sealed.ciphertext), { info: binding.info, aad: binding.aad })
  } catch (cause) {
    throw new ReinraumError('decryption-failed', 'the sealed object does not open with this key and binding', { cause })
  }
}

async function deserialise<T>(read: () => Promise<T>, which: string): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new ReinraumError('invalid-argument', `not a ${which} key of a suite in use`, { cause })
  }
}
