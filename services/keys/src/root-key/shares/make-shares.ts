import { canonicalBytes, fromBase64url, hpkeSeal, randomBytes, splitSecret, utf8, zeroise } from '@reinraum/crypto'
import { fingerprintOf, type PublicKeys } from '@reinraum/statements'
import type { People } from '../root-key.ts'
import type { NewRootKey } from '../root-key-source.ts'
import { commitmentTo } from './share-commitment.ts'
import { checkOf, sharedRootKey } from './shared-root-key.ts'

/** A root key, the people among whom it is shared, and how many of them have to come together. */
export interface Sharing {
  readonly keyServiceId: string
  readonly holders: readonly PublicKeys[]
  readonly threshold: number
}

/** HPKE `info` of a share at rest; `aad` is the key service's id. */
export const shareInfo = utf8('reinraum/unseal-share/v1')

/**
 * Makes a root key and its shares, each of which leaves this function sealed to its holder only.
 * @throws ReinraumError `invalid-argument` when something cannot be sealed to a holder
 */
export async function makeSharedRootKey(sharing: Sharing): Promise<NewRootKey> {
  const { keyServiceId, holders, threshold } = sharing
  const key = randomBytes(32)
  const shares = await splitSecret(key, { shares: holders.length, threshold })
  try {
    const sealed = await Promise.all(shares.map((share, index) => sealShare(share, holders[index] as PublicKeys, keyServiceId)))
    const people = peopleOf(sharing)
    const check = checkOf(key, keyServiceId, people)
    return {
      ...sharedRootKey(key, people),
      async record(trx) {
        await trx.updateTable('root_key').set({ threshold, key_check: check }).execute()
        await trx.insertInto('unseal_shares').values(sealed).execute()
      },
    }
  } catch (error) {
    zeroise(key)
    throw error
  } finally {
    zeroise(...shares)
  }
}

export function peopleOf({ holders, threshold }: Sharing): People {
  return { threshold, holders: holders.map((keys) => ({ key: keys.signing.ed25519.x, fingerprint: fingerprintOf(keys) })) }
}

async function sealShare(share: Uint8Array, keys: PublicKeys, keyServiceId: string) {
  const { signing, hpke } = keys
  const holder = signing.ed25519.x
  const sealed = await hpkeSeal(fromBase64url(hpke.publicKey), share, { info: shareInfo, aad: utf8(keyServiceId) })
  return {
    holder,
    sealed: canonicalBytes(sealed),
    commitment: commitmentTo(share, keyServiceId, holder),
    fingerprint: fingerprintOf(keys),
  }
}
