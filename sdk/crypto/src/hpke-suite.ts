import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KDF_HKDF_SHA384, KEM_MLKEM768_X25519, KEM_MLKEM1024_P384 } from 'hpke'
import { ReinraumError } from './reinraum-error.ts'

/**
 * The suites in use, the default first: RFC 9180 base mode over a hybrid of ML-KEM and an elliptic curve
 * (draft-irtf-cfrg-concrete-hybrid-kems). X-Wing is MLKEM768-X25519; the second is for those who must have category 5.
 */
export const hpkeSuites = ['X-Wing/HKDF-SHA256/AES-256-GCM', 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM'] as const
export type HpkeSuite = (typeof hpkeSuites)[number]

export const defaultHpkeSuite: HpkeSuite = hpkeSuites[0]

/** Lengths in bytes. No two suites share the length of their public keys, so a raw key says which suite it is of. */
export const hpkeSizes: Readonly<Record<HpkeSuite, { readonly publicKey: number; readonly enc: number }>> = {
  'X-Wing/HKDF-SHA256/AES-256-GCM': { publicKey: 1216, enc: 1120 },
  'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM': { publicKey: 1665, enc: 1665 },
}

/**
 * The suite that a raw public key belongs to, by its length.
 * @throws ReinraumError `invalid-argument` when it belongs to none
 */
export function hpkeSuiteOf(publicKey: Uint8Array): HpkeSuite {
  const suite = hpkeSuites.find((candidate) => hpkeSizes[candidate].publicKey === publicKey.length)
  if (suite === undefined) throw new ReinraumError('invalid-argument', 'not a public key of any suite in use')
  return suite
}

const made = new Map<HpkeSuite, CipherSuite>()

/** Made when first needed: making one probes Web Crypto, which those who only hash have no use for. */
export function cipherSuiteOf(suite: HpkeSuite): CipherSuite {
  const known = made.get(suite)
  if (known !== undefined) return known
  const fresh = createCipherSuite(suite)
  made.set(suite, fresh)
  return fresh
}

function createCipherSuite(suite: HpkeSuite): CipherSuite {
  switch (suite) {
    case 'X-Wing/HKDF-SHA256/AES-256-GCM':
      return new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM)
    case 'MLKEM1024-P384/HKDF-SHA384/AES-256-GCM':
      return new CipherSuite(KEM_MLKEM1024_P384, KDF_HKDF_SHA384, AEAD_AES_256_GCM)
  }
}
