import { canonicalBytes, openRecord, parseStrictJson, sealRecord, zeroise } from '@reinraum/crypto'
import type { Store } from '@reinraum/kit'
import {
  createIdentity,
  hpkeKeysOf,
  type Identity,
  type PublicKeys,
  parseIdentity,
  publicKeysOf,
  type Signer,
  signerOf,
} from '@reinraum/statements'
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
}

/** Whether the store was written under some root key already. */
export async function hasServiceIdentity(store: Store<KeysDatabase>): Promise<boolean> {
  return (await store.db.selectFrom('identity').select('id').executeTakeFirst()) !== undefined
}

/**
 * Reads the service's own keys, or makes them at the first start. Their private parts are at rest only wrapped under L0.
 * @throws ReinraumError `decryption-failed` when the root key is not the one of this store, `key-mismatch`, `invalid-identity`
 */
export async function openServiceIdentity(
  store: Store<KeysDatabase>,
  root: RootKey,
  keyServiceId: string,
): Promise<ServiceIdentity> {
  const place = { v: 'reinraum/key-service-identity-at-rest/v1', keyService: keyServiceId }
  const row = await store.db.selectFrom('identity').selectAll().executeTakeFirst()
  if (row === undefined) {
    const identity = await createIdentity()
    const wrappedKey = await createWrappingKey(root, place)
    const plaintext = canonicalBytes(identity)
    try {
      const sealed = await useWrappingKey(root, wrappedKey, place, (key) => sealRecord(key, plaintext, canonicalBytes(place)))
      await store.transaction((trx) => trx.insertInto('identity').values({ id: 1, wrapped_key: wrappedKey, sealed }).execute())
    } finally {
      zeroise(plaintext)
    }
    return inUse(identity)
  }
  const plaintext = await useWrappingKey(root, row.wrapped_key, place, (key) =>
    openRecord(key, row.sealed, canonicalBytes(place)),
  )
  try {
    return inUse(parseIdentity(parseStrictJson(plaintext)))
  } finally {
    zeroise(plaintext)
  }
}

function inUse(identity: Identity): ServiceIdentity {
  const publicKeys = publicKeysOf(identity)
  const { publicKey, privateKey } = hpkeKeysOf(identity)
  return {
    publicKeys,
    publicKeysJson: canonicalBytes(publicKeys),
    signer: signerOf(identity),
    hpkePublicKey: publicKey,
    hpkePrivateKey: privateKey,
  }
}

/** Overwrites what this process can reach of the private keys; those inside OpenSSL are cleared as it frees them. */
export function closeServiceIdentity(identity: ServiceIdentity): void {
  zeroise(identity.hpkePrivateKey)
}
