import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  canonicalBytes,
  concatBytes,
  defaultHpkeSuite,
  fromBase64url,
  generateHpkeKeyPair,
  type HpkeSuite,
  keyCheckValue,
  openRecord,
  parseStrictJson,
  ReinraumError,
  randomBytes,
  sealRecord,
  toBase64url,
  utf8,
  zeroise,
} from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import { type PublicKeys, pkcs8OfSeeds, publicKeysSchema, type Signer, signerOfSeeds } from '@reinraum/statements'
import type { RootKey } from './root-key/root-key.ts'
import type { KeysDatabase } from './store.ts'
import { createWrappingKey, useWrappingKey } from './wrapping-key.ts'

/** Who a key service is: the keys that contracts pin or its evidence binds. */
export interface ServiceIdentity {
  readonly publicKeys: PublicKeys
  /** JCS of `publicKeys`, as it stands in contracts */
  readonly publicKeysJson: Uint8Array
  readonly signer: Signer
  readonly hpkePrivateKey: Uint8Array
  readonly hpkePublicKey: Uint8Array
  /** what entries of ledgers are sealed with: it follows from the private keys, so that a backup's entries stay good */
  readonly ledgerKey: Uint8Array
}

/** Bytes of each private key: Ed25519 and ML-DSA-65 seeds, and the seed of the HPKE key. */
const seedLength = 32

/** Whether the store was written under some root key already. */
export async function hasServiceIdentity(store: Store<KeysDatabase>): Promise<boolean> {
  return (await store.db.selectFrom('identity').select('id').executeTakeFirst()) !== undefined
}

/**
 * Reads the service's own keys, or makes them at the first start. Their private parts are at rest only wrapped under L0, and
 * in memory only bytes that are overwritten, never text.
 * @param suite of the HPKE key that is made at the first start, and must be afterwards; null for the default, and for any
 * @throws ReinraumError `decryption-failed` when the root key is not the one of this store, `invalid-identity`, `key-mismatch`,
 *   `suite-unsupported` when the keys are of another suite: contracts pin them, so they are not made anew
 */
export async function openServiceIdentity(
  store: Store<KeysDatabase>,
  root: RootKey,
  keyServiceId: string,
  suite: HpkeSuite | null = null,
): Promise<ServiceIdentity> {
  const place = { v: 'reinraum/key-service-identity-at-rest/v2', keyService: keyServiceId }
  const aad = canonicalBytes(place)
  const row = await store.db.selectFrom('identity').selectAll().executeTakeFirst()
  if (row !== undefined) {
    const record = await useWrappingKey(root, row.wrapped_key, place, (key) => openRecord(key, row.sealed, aad))
    return ofSuite(await inUse(record), suite)
  }
  const wrappedKey = await createWrappingKey(root, place)
  const record = await createRecord(suite ?? defaultHpkeSuite)
  try {
    const sealed = await useWrappingKey(root, wrappedKey, place, (key) => sealRecord(key, record, aad))
    await store.transaction((trx) => trx.insertInto('identity').values({ id: 1, wrapped_key: wrappedKey, sealed }).execute())
  } catch (error) {
    zeroise(record)
    throw error
  }
  return inUse(record)
}

function ofSuite(identity: ServiceIdentity, suite: HpkeSuite | null): ServiceIdentity {
  if (suite === null || identity.publicKeys.hpke.suite === suite) return identity
  closeServiceIdentity(identity)
  throw new ReinraumError('suite-unsupported', `the keys of this service are of the suite ${identity.publicKeys.hpke.suite}`)
}

/** The private keys one after the other, and the public ones as JSON. */
async function createRecord(suite: HpkeSuite): Promise<Uint8Array> {
  const seeds = { ed25519: randomBytes(seedLength), mldsa65: randomBytes(seedLength) }
  const pkcs8 = pkcs8OfSeeds(seeds)
  const hpke = await generateHpkeKeyPair(suite)
  try {
    const publicKeys = publicKeysSchema.parse({
      signing: { ed25519: publicJwk(pkcs8.ed25519), mldsa65: publicJwk(pkcs8.mldsa65) },
      hpke: { suite, publicKey: toBase64url(hpke.publicKey) },
    })
    return concatBytes(seeds.ed25519, seeds.mldsa65, hpke.privateKey, canonicalBytes(publicKeys))
  } finally {
    zeroise(seeds.ed25519, seeds.mldsa65, pkcs8.ed25519, pkcs8.mldsa65, hpke.privateKey)
  }
}

function publicJwk(pkcs8: Uint8Array): unknown {
  return createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8.buffer), format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  })
}

/** Takes the record apart and overwrites it. */
async function inUse(record: Uint8Array): Promise<ServiceIdentity> {
  try {
    const part = (index: number) => record.subarray(index * seedLength, (index + 1) * seedLength)
    const parsed = publicKeysSchema.safeParse(parseStrictJson(record.subarray(3 * seedLength)))
    if (!parsed.success) throw new ReinraumError('invalid-identity', 'the stored identity of this service is malformed')
    const publicKeys = parsed.data
    return {
      publicKeys,
      publicKeysJson: canonicalBytes(publicKeys),
      signer: await signerOfSeeds({ ed25519: part(0), mldsa65: part(1) }, publicKeys.signing),
      hpkePublicKey: fromBase64url(publicKeys.hpke.publicKey),
      hpkePrivateKey: part(2).slice(),
      ledgerKey: keyCheckValue(part(2), utf8('reinraum/ledger-seal/v1')),
    }
  } finally {
    zeroise(record)
  }
}

/** Overwrites what this process can reach of the private keys; those inside OpenSSL are cleared as it frees them. */
export function closeServiceIdentity(identity: ServiceIdentity): void {
  zeroise(identity.hpkePrivateKey, identity.ledgerKey)
}
